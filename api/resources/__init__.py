"""What may be asked for and how an item is served."""
