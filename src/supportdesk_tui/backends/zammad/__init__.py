"""Zammad 6 and 7."""
