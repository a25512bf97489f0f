"""The adapter for the embedded server."""
