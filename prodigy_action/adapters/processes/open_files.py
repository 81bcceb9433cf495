"""The limit of open files of this process and of the commands that it starts."""

from __future__ import annotations

import resource

MOST = 65_536
"""The soft limit is not raised beyond this: some programs close every number below it when they start."""


def raise_open_files() -> int:
    """Raise the soft limit of open files to the hard one, as far as `MOST`; returns the limit that is in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return MOST if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError):
        return soft  # a sandbox may forbid it
    return most
