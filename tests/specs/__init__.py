"""Specifications nobody here wrote, and how requests are held against them."""
