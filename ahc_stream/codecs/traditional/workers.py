"""How many threads a traditional codec takes."""

from __future__ import annotations

import os

WORKERS = min(4, os.cpu_count() or 1)
"""Threads that one codec object spreads its frames over: a lane wants several, and several lanes run at once."""
