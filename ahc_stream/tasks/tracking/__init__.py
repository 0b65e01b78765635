"""Tracking: identities over the boxes of detection; HOTA, MOTA, IDF1."""
