"""The embedded ticket backend: a process of its own."""
