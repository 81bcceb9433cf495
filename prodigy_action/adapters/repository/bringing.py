"""Objects and names that a run brings into the user's repository: no name is taken from what the user has there."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from itertools import count

from prodigy_action.adapters.git.calls import GitCalls, decode, lines_said
from prodigy_action.adapters.git.made_refs import BRANCHES
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.errors import GitFailed
from prodigy_action.pure.text.reasons import reason_of

_NOTHING = "0" * 40


def bring_object(repository: PrivateRepository, theirs: GitCalls, value: str) -> None:
    """Fetch a commit with all that it reaches; it has no name there yet. Blocks. Raises `GitFailed`, `OSError`."""
    name = f"refs/prodigy/{repository.run_id}/published"
    repository.write_ref(name, value)
    bring_objects(repository, theirs, [name])


def bring_objects(repository: PrivateRepository, theirs: GitCalls, names: Sequence[str]) -> None:
    """The same for what has these names in the private repository. Blocks. Raises `GitFailed`, `OSError`."""
    if not names:
        return
    # Until a reference is set, nothing in the user's repository names the objects: a killed fetch does no harm.
    replace(theirs, endable=True).run(
        "-c", "fetch.unpackLimit=1", "-c", "transfer.fsckObjects=false", "-c", "fetch.writeCommitGraph=false",
        "-c", "protocol.file.allow=always",
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--update-shallow",
        "--no-auto-maintenance", repository.git_dir, *names,
    )  # fmt: skip


def set_free_ref(
    repository: PrivateRepository, theirs: GitCalls, name: str, value: str, earlier: Container[str]
) -> str:
    """Give an object that is there this name, or the first free one with a number; returns the full name. Blocks.

    A name is free when nothing has it, when it is at the object already, when it is at one of the `earlier` objects,
    which earlier attempts at this run published, and when it is a branch that the object is ahead of. A branch that is
    checked out is not moved. Raises `GitFailed`.
    """
    for number in count(1):
        ref = name if number == 1 else f"{name}-{number}"
        present = theirs.attempt("rev-parse", "--verify", "--quiet", ref)
        was = decode(present.stdout).strip() if present.status == 0 else _NOTHING
        if was == value:
            return ref
        if was == _NOTHING or _may_move(theirs, ref, was, value, earlier):
            logged = ("--create-reflog",) if ref.startswith(BRANCHES) else ()
            theirs.run("update-ref", *logged, "-m", f"prodigy {repository.run_id}: published", ref, value, was)
            return ref
    raise AssertionError("numbers do not end")


def _may_move(theirs: GitCalls, ref: str, was: str, value: str, earlier: Container[str]) -> bool:
    ahead = ref.startswith(BRANCHES) and theirs.attempt("merge-base", "--is-ancestor", was, value).status == 0
    return (ahead or was in earlier) and not theirs.text("for-each-ref", "--format=%(worktreepath)", ref)


def said_by(error: GitFailed | OSError) -> str:
    """Why git or the operating system failed, in one line: the first line of an error says it, later ones what
    followed from it.
    """
    if isinstance(error, OSError):
        place = f" ({error.filename!r})" if error.filename else ""
        return f"{reason_of(error)}{place}"
    lines = lines_said(error.stderr.strip())
    first = next((line for line in lines if line.startswith(("error:", "fatal:"))), None)
    return error.message if first is None else first.partition(": ")[2]
