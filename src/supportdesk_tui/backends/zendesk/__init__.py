"""Zendesk Support over API v2, with sign-in by OAuth."""
