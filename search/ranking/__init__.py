"""Which cases are closest, in which order, and whether any of them is close."""
