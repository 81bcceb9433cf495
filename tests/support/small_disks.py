"""Disks of a few megabytes, where this process may mount them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, *, megabytes: int, read_only: bool = False) -> Iterator[Path]:
    """A file system of its own at `place`; the test is skipped, loudly, where mounting is not allowed."""
    place.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=0777" + (",ro" if read_only else "")
    mounting = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    try:
        done = subprocess.run(mounting, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("full disks are not tested here: there is no mount(8)")
    if done.returncode != 0:
        pytest.skip(
            f"full disks are not tested here: mounting needs root and CAP_SYS_ADMIN ({done.stderr.splitlines()[0]})"
        )
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
