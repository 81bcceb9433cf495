"""Symbolic links on the way to a path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_MOST = 40
"""After so many links the kernel gives up too."""


def links_on_the_way(path: Path) -> Iterator[Path]:
    """Each link that leads to the absolute `path`, also those that other links lead through, in the order of the way.

    The parents of a link are no links. Missing parts are passed.
    """
    left = list(reversed(path.parts[1:]))
    here = Path(path.anchor)
    met = 0
    while left and met < _MOST:
        name = left.pop()
        if name == "..":
            here = here.parent
            continue
        here = here / name
        if here.is_symlink():
            yield here
            met += 1
            target = here.readlink()
            here = Path(target.anchor) if target.is_absolute() else here.parent
            left += reversed(target.parts[1:] if target.is_absolute() else target.parts)
