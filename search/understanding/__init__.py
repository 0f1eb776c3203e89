"""What a typed challenge says: its parts and terms, its language, the problem in it, and what it tells of itself."""
