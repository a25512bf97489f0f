"""Chatwoot 4, Cloud and self-hosted, over its Application API."""
