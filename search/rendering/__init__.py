"""An answer as text for a terminal."""
