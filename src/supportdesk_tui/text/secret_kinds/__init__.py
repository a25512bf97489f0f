"""Detectors of secrets, one file a family; `text.secrets` puts them together."""
