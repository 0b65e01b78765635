"""Exact resizes, and what happens to a picture before a network sees it."""
