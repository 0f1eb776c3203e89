"""What changed for one asker since he last looked."""
