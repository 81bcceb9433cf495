"""Repositories inside a worktree: their files are committed as files, and no commit names a repository nobody has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls, decode, encode, inside, lines_said
from prodigy_action.adapters.git.objects import EMPTY_TREE, SUBMODULE
from prodigy_action.adapters.git.tree_rows import Entry
from prodigy_action.errors import GitFailed, NestedRepository

_WITHOUT_COMMITS = re.compile(r"^error: '(.+)/' does not have a commit checked out$", re.MULTILINE)
_FURTHER_WORKTREE = re.compile(rb"gitdir: .*/worktrees/[^/\n]+\n?")
_MARKER_BYTES = 8_192
_DEEPEST = 20
_NAMED = 3


def refuse_unknown_submodules(
    git: GitCalls, tree: str, changes: Mapping[bytes, Entry | None], before: Callable[[bytes], Entry | None]
) -> None:
    """Raise `NestedRepository` when a tree (or a commit) names repositories that its `.gitmodules` does not.

    `changes` are those of the tree, `before` gives the entry of a path without them.
    """
    new = [
        path
        for path, entry in changes.items()
        if entry is not None and entry[0] == SUBMODULE and not _is_submodule(before(path))
    ]
    unknown = sorted(set(new) - _declared(git, f"--blob={tree}:.gitmodules")) if new else []
    if unknown:
        named = ", ".join(repr(decode(path)) for path in unknown[:_NAMED])
        raise NestedRepository(
            f"the commit names repositories that are no submodules, and holds none of their files: {named}; "
            "remove the .git inside, add a submodule, or leave them out of the commit"
        )


def _is_submodule(entry: Entry | None) -> bool:
    return entry is not None and entry[0] == SUBMODULE


def _declared(git: GitCalls, source: str) -> set[bytes]:
    answer = git.attempt("config", source, "--null", "--get-regexp", r"^submodule\..*\.path$")
    return {entry.partition(b"\n")[2] for entry in answer.stdout.split(b"\0") if entry}


def stage(git: GitCalls, pathspecs: Sequence[str]) -> None:
    """`git add --all`, also with the files of repositories inside that have no commit. Raises `GitFailed`."""
    _stage(git, pathspecs, _DEEPEST)


def staged_changes(git: GitCalls) -> dict[bytes, bytes]:
    """The paths on which the index differs from HEAD, each with its mode in the index (zeros: removed), after the files
    of repositories inside took the place of their commits.

    Submodules stay what they are, and further worktrees of the same repository are left out. Raises `GitFailed`.
    """
    return _replace_commits(git, _DEEPEST)


def _stage(git: GitCalls, pathspecs: Sequence[str], deeper: int, *settings: str) -> None:
    arguments = ("--all", "--", *pathspecs)
    staged = git.attempt(*settings, "add", *arguments)
    if staged.status == 0 or "did not match any files" in staged.stderr:
        return
    if _WITHOUT_COMMITS.search(staged.stderr):
        staged = git.attempt(*settings, "add", "--ignore-errors", *arguments)
    inner = _WITHOUT_COMMITS.findall(staged.stderr)
    if not inner or len(inner) != sum(line.startswith("error: ") for line in lines_said(staged.stderr)):
        raise GitFailed("the changes cannot be staged", command=("git", "add"), stderr=staged.stderr)
    for directory in inner:
        _stage_files(git, encode(directory), deeper)


def _replace_commits(git: GitCalls, deeper: int) -> dict[bytes, bytes]:
    staged = _compared_with_head(git)
    added = {path for path, (before, after) in staged.items() if after == SUBMODULE != before}
    repositories = sorted(added - _declared(git, "--blob=:.gitmodules")) if added else []
    for path in repositories:
        git.run("update-index", "--force-remove", "-z", "--stdin", stdin=path + b"\0")
        _stage_files(git, path, deeper)
    if repositories:
        staged = _compared_with_head(git)
    return {path: after for path, (_, after) in staged.items()}


def _compared_with_head(git: GitCalls) -> dict[bytes, tuple[bytes, bytes]]:
    compared = ("diff-index", "--cached", "--raw", "-z", "--no-renames", "--ignore-submodules=none", "HEAD")
    listed = git.run(*compared).split(b"\0")
    facts = (entry.removeprefix(b":").split(b" ", 2) for entry in listed[0::2])
    return {path: (modes[0], modes[1]) for modes, path in zip(facts, listed[1::2], strict=False)}


def _stage_files(git: GitCalls, directory: bytes, deeper: int) -> None:
    top = git.work_tree or git.cwd
    place = decode(inside(encode(top), directory))
    if not deeper or not Path(place).is_dir() or _is_further_worktree(f"{place}/.git"):
        return
    git_dir = git.git_dir or git.text("rev-parse", "--absolute-git-dir")
    index = f"{git_dir}/nested-index-{deeper}"
    inner = replace(git, cwd=place, work_tree=place, git_dir=git_dir, environ={**git.environ, "GIT_INDEX_FILE": index})
    try:
        # What the worktree ignores at its top is ignored in here as well.
        _stage(inner, (".",), deeper - 1, "-c", f"core.excludesFile={top}/.gitignore")
        _replace_commits(inner, deeper - 1)
        tree = inner.text("write-tree")
    finally:
        Path(index).unlink(missing_ok=True)
    if tree != EMPTY_TREE:
        git.run("read-tree", f"--prefix={decode(directory)}/", tree)


def _is_further_worktree(marker: str) -> bool:
    if not Path(marker).is_file() or Path(marker).stat().st_size > _MARKER_BYTES:
        return False
    return _FURTHER_WORKTREE.fullmatch(Path(marker).read_bytes()) is not None
