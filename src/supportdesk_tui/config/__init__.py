"""Files to settings; no toolkit."""
