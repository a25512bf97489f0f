"""One state, changed only by events; pure."""
