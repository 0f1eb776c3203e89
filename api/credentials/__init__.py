"""Who asks: keys, users' tokens and the issuer behind them."""
