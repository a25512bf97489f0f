"""What the backend does in one transaction: changes, words, undo, inbound messages, the passing of time."""
