"""Tests; this file lets them share `tests.hostile` and the driver."""
