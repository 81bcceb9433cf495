"""Variables that hold paths of one directory, and the same paths in another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.steps.environment import belongs_to_runner

_ELSEWHERE: Final = frozenset({"HOME", "TMPDIR", "TMP", "TEMP"})
"""Directories for programs, wherever they are."""


@dataclass(frozen=True, slots=True)
class PathPiece:
    """A part of a value between colons: as it is written, and its path below the directory (None: it is elsewhere)."""

    written: str
    below: str | None


def find_path_variables(
    variables: Mapping[str, str], root: str, real_path: Callable[[str], str]
) -> dict[str, tuple[PathPiece, ...]]:
    """The variables whose value is `root`, a path below it, or a list with colons that holds such a path.

    `root` and what `real_path` returns are absolute paths without symbolic links.
    """
    found: dict[str, tuple[PathPiece, ...]] = {}
    for name, value in variables.items():
        if name in _ELSEWHERE or belongs_to_runner(name) or not (value.startswith("/") or ":/" in value):
            continue
        pieces = tuple(PathPiece(part, _below(part, root, real_path)) for part in value.split(":"))
        if any(piece.below is not None for piece in pieces):
            found[name] = pieces
    return found


def _below(path: str, root: str, real_path: Callable[[str], str]) -> str | None:
    if not path.startswith("/"):
        return None
    if path == root or path.startswith(f"{root}/"):
        below = path[len(root) :]
        return below if "/../" not in f"{below}/" else _relative(real_path(path), root)
    return _relative(real_path(path), root)


def _relative(real: str, root: str) -> str | None:
    return real[len(root) :] if real == root or real.startswith(f"{root}/") else None


def place_variables(
    found: Mapping[str, Iterable[PathPiece]], worktree: str, exists: Callable[[str], bool]
) -> dict[str, str]:
    """The variables with the same paths below `worktree`.

    A path that exists, and does not exist below `worktree`, such as an ignored directory with a program, stays.
    """

    def placed(piece: PathPiece) -> str:
        if piece.below is None:
            return piece.written
        target = worktree + piece.below
        stays = piece.below.strip("/") and not exists(target) and exists(piece.written)
        return piece.written if stays else target

    return {name: ":".join(map(placed, pieces)) for name, pieces in found.items()}
