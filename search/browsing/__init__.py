"""The library without a challenge: one item, lists, an index of names, maps and counts."""
