"""The rules of the support floor; pure."""
