"""The shape of an answer and what may be set about it."""
