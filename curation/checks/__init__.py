"""Checks of what is written: what is wrong, what is missing, what could be said better, who could be recognised."""
