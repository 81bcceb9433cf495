"""Files that agents see but never commit: untracked files that setup left, and ignored files that `carry` selects."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from prodigy_action.adapters.files.temporary_pool import remove_tree
from prodigy_action.adapters.git.calls import GitCalls, decode, encode, inside
from prodigy_action.adapters.git.checkout import calls_on
from prodigy_action.adapters.git.objects import SUBMODULE
from prodigy_action.adapters.processes.accounts import give
from prodigy_action.adapters.repository.moved_files import move_paths_inside
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.model.git import Checkout

_INCLUDE_FILE = ".worktreeinclude"


def bring_from_checkout(
    repository: PrivateRepository, checkout: Checkout, patterns: Sequence[str]
) -> tuple[bytes, ...]:
    """Copy what `patterns` (and `.worktreeinclude`) select in the checkout to the parent worktree, never over a file.

    Patterns are those of gitignore. Tracked files are not selected; submodules are, with all they contain. Returns the
    paths that were copied.
    """
    theirs = calls_on(checkout)
    source, target = encode(checkout.path), encode(repository.parent)
    selected = _selected(theirs, checkout.path, patterns) + _submodule_files(theirs, checkout.path, patterns)
    copied = [path for path in selected if not os.path.lexists(inside(target, path))]
    copy_files(source, target, copied)
    if repository.accounts is not None and copied:
        give(target, repository.accounts.parent)
    exclude(repository, copied)
    return tuple(copied)


def carried_paths(
    repository: PrivateRepository, checkout: Checkout, patterns: Sequence[str], *, untouched: bool = False
) -> tuple[bytes, ...]:
    """The files that each agent gets besides the tracked ones: untracked files of the parent, and what `patterns`
    select. An `untouched` parent worktree has only what is brought here.
    """
    brought = bring_from_checkout(repository, checkout, patterns)
    if untouched and not brought:
        return ()
    untracked = repository.git.run("ls-files", "--others", "--exclude-standard", "-z").split(b"\0")
    selected = _selected(repository.git, repository.parent, patterns)
    inside = _submodule_files(repository.git, repository.parent, patterns)
    paths = {path.rstrip(b"/") for path in (*untracked, *selected, *inside, *brought) if path}
    exclude(repository, sorted(paths))
    return tuple(sorted(_without_repositories(encode(repository.parent), paths)))


def _selected(git: GitCalls, root: str, patterns: Sequence[str]) -> list[bytes]:
    options = [f"--exclude={pattern}" for pattern in patterns]
    if Path(root, _INCLUDE_FILE).is_file():
        options.append(f"--exclude-from={root}/{_INCLUDE_FILE}")
    if not options:
        return []
    listed = git.run("ls-files", "--others", "--ignored", "-z", *options).split(b"\0")
    return [path for path in listed if path and not path.endswith(b"/")]


def _submodule_files(git: GitCalls, root: str, patterns: Sequence[str]) -> list[bytes]:
    if not patterns:
        return []
    staged = (entry.partition(b"\t") for entry in git.run("ls-files", "--stage", "-z").split(b"\0"))
    submodules = [path for mode, _, path in staged if mode.startswith(SUBMODULE)]
    wanted = {encode(pattern).strip(b"/").removesuffix(b"/**") for pattern in patterns}
    return [path for name in submodules if name in wanted for path in _files_below(encode(root), name)]


def _files_below(root: bytes, directory: bytes) -> Iterable[bytes]:
    for entry in os.scandir(inside(root, directory)):
        if entry.name == b".git":
            continue
        path = directory + b"/" + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(root, path)
        else:
            yield path


def _without_repositories(root: bytes, paths: Iterable[bytes]) -> Iterable[bytes]:
    for path in paths:
        with suppress(FileNotFoundError):
            mode = os.lstat(inside(root, path)).st_mode
            if stat.S_ISDIR(mode):
                yield from _files_below(root, path)
            elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                yield path


def copy_files(source: bytes, target: bytes, paths: Iterable[bytes]) -> None:
    """Copy files and symlinks with modes and times; new directories get the modes of those in the source.

    Links and files of installed environments that name the source by its whole path name the target in the copy.
    """
    made: set[bytes] = set()
    for path in paths:
        parent = path.rpartition(b"/")[0]
        if parent not in made:
            _make_directories(source, target, parent, made)
        destination = inside(target, path)
        remove_tree(destination)
        with suppress(FileNotFoundError):
            shutil.copy2(inside(source, path), destination, follow_symlinks=False)
            move_paths_inside(destination, path, source, target)


def _make_directories(source: bytes, target: bytes, directory: bytes, made: set[bytes]) -> None:
    if not directory or directory in made:
        return
    _make_directories(source, target, directory.rpartition(b"/")[0], made)
    path = Path(decode(inside(target, directory)))
    if path.is_symlink() or not path.is_dir():
        remove_tree(str(path))
        path.mkdir()
        shutil.copymode(inside(source, directory), path)
    made.add(directory)


def exclude(repository: PrivateRepository, paths: Iterable[bytes]) -> None:
    """Make `git add` in the worktrees of this repository ignore these paths."""
    present = repository.read_from_parent("info/exclude")
    known = set(present.split(b"\n"))
    added = [line for path in paths if (line := _as_pattern(path)) not in known]
    if added:
        separator = b"" if not present or present.endswith(b"\n") else b"\n"
        repository.write_to_parent("info/exclude", present + separator + b"\n".join(added) + b"\n")


def _as_pattern(path: bytes) -> bytes:
    escaped = re.sub(rb"([\\*?\[])", rb"\\\1", path)
    # A pattern is one line; `?`, which matches any character, stands for a line end in the path.
    escaped = escaped.replace(b"\n", b"?")
    trailing = len(escaped) - len(escaped.rstrip(b" \r"))
    if trailing:
        escaped = escaped[:-trailing] + b"".join(b"\\" + bytes([byte]) for byte in escaped[-trailing:])
    return b"/" + escaped
