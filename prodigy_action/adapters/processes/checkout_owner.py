"""The user whose rights count for the files that a workflow names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Literal

from prodigy_action.adapters.processes.capabilities import missing_capabilities
from prodigy_action.adapters.processes.credentials import Credentials


def owner_to_read_as(run_as: Literal["root", "owner"], checkout: Path) -> Credentials | None:
    """The owner of the checkout with `run-as: owner`, None when files are read as the user of this process.

    That is also the answer where this process cannot become another user; a run is refused there.
    """
    if run_as != "owner" or os.geteuid() != 0 or shutil.which("setpriv") is None or missing_capabilities():
        return None
    try:
        found = checkout.stat()
    except OSError:
        return None
    return Credentials(found.st_uid, found.st_gid) if found.st_uid != 0 else None
