"""Restoring a run from its checkpoints: objects into a private repository, files into the parent worktree."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from prodigy_action.adapters.checkpoints.carried_archive import unpack_archive
from prodigy_action.adapters.files.atomic import pieces_of
from prodigy_action.adapters.files.below import open_below
from prodigy_action.adapters.git.calls import encode, lines_said
from prodigy_action.adapters.git.object_packs import join_packs
from prodigy_action.adapters.repository.moved_files import move_all_paths
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.adapters.results.state_store import replace_result
from prodigy_action.errors import GitFailed, JournalCorrupt
from prodigy_action.model.events import KeptObjects, StartKept
from prodigy_action.pure.text.cutting import cut_start

BUNDLE = "commits.bundle"


def restore(
    repository: PrivateRepository,
    results: Path,
    kept: Sequence[KeptObjects],
    *,
    base: str,
    items: Mapping[int, str],
    refs: Mapping[str, str],
    others: Iterable[str],
    checked: bool = False,
) -> None:
    """Import the objects of `state/` and the bundle. `items` are the items' commits by id, `refs` further references of
    items by their full name, `others` further commits.

    Their commits pass the same check as those that steps have just made, unless they are `checked`. Blocks. Raises
    `JournalCorrupt` when something that the journal names is damaged, missing or malformed.
    """
    try:
        if _is_there(results, BUNDLE):
            repository.own.run("bundle", "unbundle", str(results / BUNDLE))
        _index(repository, results, kept)
        _check(repository, [*items.values(), *refs.values(), *others], base, checked=checked)
    except (GitFailed, OSError) as error:
        said = (error.stderr.strip() if isinstance(error, GitFailed) else "") or str(error)
        message = f"what {results.name!r} keeps of the run's commits is damaged or incomplete: {cut_start(said, 500)}"
        raise JournalCorrupt(message) from error
    for item_id, commit in items.items():
        repository.write_ref(f"refs/prodigy/{repository.run_id}/items/{item_id}", commit)
    for name, value in refs.items():
        repository.write_ref(name, value)


def _is_there(results: Path, name: str) -> bool:
    """Whether there is such a file. Raises `OSError` for a link and for anything else."""
    try:
        os.close(open_below(results, name, os.O_RDONLY))
    except FileNotFoundError:
        return False
    return True


def _index(repository: PrivateRepository, results: Path, kept: Sequence[KeptObjects]) -> None:
    # A file that is missing was removed at the end of an earlier attempt; then the bundle holds its objects.
    # The items of a shard all name the one file with their commits.
    files = {name for name in {each.file for each in kept} if _is_there(results, name)}
    present = dict.fromkeys((results / each.file, each.offset, each.size) for each in kept if each.file in files)
    if not present:
        return
    joined = Path(repository.object_directory, "pack/pack-joined.pack")
    with joined.open("xb") as target:
        join_packs(present, target)
    repository.own.run("index-pack", str(joined))


def _check(repository: PrivateRepository, commits: Sequence[str], base: str, *, checked: bool) -> None:
    wanted = "".join(f"{line}\n" for line in (*commits, f"^{base}"))
    repository.own.run("rev-list", "--objects", "--quiet", "--stdin", stdin=wanted.encode())
    if not checked:
        repository.check.check_all(base, commits)


def restore_start(repository: PrivateRepository, results: Path, start: StartKept) -> None:
    """Bring the parent worktree to the state in which setup left it. Blocks. Raises `GitFailed`, `JournalCorrupt`."""
    git = repository.git
    git.run("read-tree", "--reset", "-u", start.start_sha)
    git.run("update-ref", "-m", "resumed", "HEAD", start.start_sha)
    if start.carried is None:
        return
    try:
        unpack_archive(results, start.carried.file, repository.parent, repository.parent_user)
    except OSError as error:
        raise JournalCorrupt(f"{start.carried.file!r} of the results directory cannot be unpacked: {error}") from error
    if start.worktree is not None:
        paths = [path for path in git.run("ls-files", "--others", "-z").split(b"\0") if path]
        move_all_paths(
            encode(repository.parent), paths, encode(start.worktree), encode(repository.parent), repository.parent_user
        )


def write_bundle(repository: PrivateRepository, results: Path, base: str, head: str) -> bool:
    """Write every item's commits and the run's branch (`head`) as `commits.bundle`, on top of `base`; False if there
    are none.

    Blocks. Raises `ResultsUnwritable`, `GitFailed`.
    """
    if repository.parent_git_dir != repository.git_dir:
        repository.write_ref(f"refs/heads/{repository.branch}", head)  # in other cases the parent worktree has set it
    place = f"refs/prodigy/{repository.run_id}"
    # Nothing packs the references of this repository.
    if head == base and not Path(repository.git_dir, place).exists():
        return False
    listed = repository.own.text("for-each-ref", "--format=%(refname)", f"{place}/items", f"{place}/refs")
    names = [name for name in (f"refs/heads/{repository.branch}", *lines_said(listed)) if name]
    counted = repository.own.text("rev-list", "--count", "--stdin", stdin=_lines([*names, f"^{base}"]))
    if counted == "0":
        return False
    made = Path(repository.root, BUNDLE)
    repository.own.run("bundle", "create", "--quiet", str(made), "--stdin", stdin=_lines([*names, f"^{base}"]))
    try:
        replace_result(results, BUNDLE, pieces_of(made))
    finally:
        made.unlink(missing_ok=True)
    return True


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
