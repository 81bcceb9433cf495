"""The names of positional arguments."""

from __future__ import annotations

OWN_NAMES = ("ARG", "INDEX", "TOTAL", "FILE")
"""The names that describe an argument; `ARG_1`, `ARG_2`, … are the arguments by position."""
