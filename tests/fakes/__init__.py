"""Servers of other products, as their facts say, for tests."""
