"""What a stranger wrote, made safe and readable; no toolkit."""
