"""The embedded backend, asked as a client would."""
