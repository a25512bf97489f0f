"""The fictional exchange, deterministic from one number."""
