"""How many commands at a time a limit of open files allows."""

from __future__ import annotations

PROGRAM_FILES = 72
"""Files that the program itself has open: journal, logs, the streams of its git processes, with some room."""
COMMAND_FILES = 5
"""Files for one running command: its streams, its log, what watches over it."""


def commands_within(open_files: int) -> int:
    """How many commands may run at a time; 0 when not even one may."""
    return max(0, (open_files - PROGRAM_FILES) // COMMAND_FILES)


def too_few_files(open_files: int) -> str | None:
    """Why no run is possible, when that is so."""
    if commands_within(open_files) > 0:
        return None
    return f"the limit of open files is {open_files}, and a run needs at least {PROGRAM_FILES + COMMAND_FILES}"
