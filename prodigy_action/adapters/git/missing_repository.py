"""Why git finds no repository: nothing is there, or `.git` is a file that names a directory which is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_WORKTREES: Final = "/worktrees/"
_MODULES: Final = "/modules/"


def missing_repository(path: Path) -> tuple[str, str]:
    """What is wrong with the directory, to follow its name, and what to do, for a directory that git says is in no
    repository.
    """
    link = next((each / ".git" for each in (path, *path.parents) if (each / ".git").is_file()), None)
    named = _named_by(link) if link is not None else ""
    if link is None or not named or Path(link.parent, named).exists():
        hint = "check the repository out first; in a container, mount its root, not a directory in it"
        return "is not inside a git repository", hint
    where = f"{str(link)!r} names {named!r}, which is not there"
    target = str(Path(link.parent, named))
    if _WORKTREES in target:
        shared = target.rsplit(_WORKTREES, 1)[0]
        return (
            f"is a worktree without its repository: {where}",
            f"in a container, mount {shared!r} too, at the same path",
        )
    if _MODULES in target:
        hint = (
            "mount the root of the repository that the submodule is in, and name the submodule with working-directory"
        )
        return f"is a submodule without its repository: {where}", hint
    return f"has no repository: {where}", f"mount {named!r} at the same path, or check the repository out again"


def _named_by(link: Path) -> str:
    """The directory that a file `.git` names; empty when it names none."""
    try:
        text = link.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    return text.removeprefix("gitdir: ").rstrip("\n") if text.startswith("gitdir: ") else ""
