"""How much of a run the page holds, so that every browser opens it: with 10,000 items less than 10 MB."""

from __future__ import annotations

KIB, MIB = 2**10, 2**20

DATA_BYTES = 8 * MIB + 512 * KIB
"""Rows, timeline and details together."""
ROW_BYTES = 4 * MIB
"""The rows of the table: those of failed items come first."""
BARS_MOST = 30_000
"""Bars of the timeline; with more executions, neighbours share one."""

EXCERPT_BYTES = 4 * MIB
"""Excerpts of logs and patches of items that did not land, together."""
EXCERPT_BYTES_OF_OTHERS = 1 * MIB
"""And those of all others."""
LOG_BYTES = 8 * KIB
"""The end of one item's log."""
PATCH_BYTES = 16 * KIB
"""The begin of one item's patch."""
OUTPUT_CHARACTERS = 4 * KIB
"""The end of what a failed step printed."""
ITEM_CHARACTERS = 2 * KIB
"""The item as JSON."""
STEP_NAME_CHARACTERS = 100
COMMAND_CHARACTERS = 500
CAPTURED_CHARACTERS = 500
NOTE_CHARACTERS = 500
STEPS_MOST = 40
FILES_MOST = 30
ATTEMPTS_MOST = 20
