"""An answer put together: cases with their facts, what they sum up to, what the asker may only know of."""
