"""What a person can do, as data; no toolkit."""
