"""Words and times."""
