"""Moves data between port and store."""
