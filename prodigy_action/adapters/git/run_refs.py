"""The branches and tags that runs have published in a repository."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls, decode
from prodigy_action.dataclass import dataclass

_RUN = r"prodigy/\d{8}-\d{6}-[0-9a-f]{6}"
_OF_A_RUN = re.compile(rf"refs/heads/{_RUN}(?![0-9A-Za-z]).*|refs/tags/{_RUN}/.+", re.DOTALL)
_OTHERS = ("--exclude=prodigy/*", "--branches", "--exclude=prodigy/*", "--tags", "--remotes")
_FORMAT = "--format=%(refname)%00%(objectname)%00%(objecttype)%00%(worktreepath)%00"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRef:
    """A branch or a tag of a run: its full ref, its object, whether nothing is lost with it, and the worktree that has
    it checked out ("" for none).

    Nothing is lost with a commit that HEAD or a branch or tag of nobody's run contains, and with another object, such
    as that of an annotated tag, that a tag of nobody's run has.
    """

    ref: str
    object_id: str
    contained: bool
    worktree: str

    @property
    def name(self) -> str:
        """What people call it, such as `branch prodigy/20260102-030405-0a1b2c`."""
        kind, _, name = self.ref.removeprefix("refs/").partition("/")
        return f"{'branch' if kind == 'heads' else 'tag'} {name}"


def run_refs(directory: Path) -> list[RunRef]:
    """The branches of runs in the repository of a directory, then their tags, by name. Raises `GitFailed`."""
    git = GitCalls(cwd=str(directory), own_settings_only=False)
    listed = list(_listed(git, "refs/heads/prodigy", "refs/tags"))
    known = frozenset(
        object_id for ref, object_id, _, _ in listed if not ref.startswith(("refs/heads/", "refs/tags/prodigy/"))
    )
    head = ("HEAD",) if git.attempt("rev-parse", "--quiet", "--verify", "HEAD").status == 0 else ()
    return [
        RunRef(
            ref=ref, object_id=object_id, contained=_contained(git, object_id, kind, head, known), worktree=worktree
        )
        for ref, object_id, kind, worktree in listed
        if _OF_A_RUN.fullmatch(ref)
    ]  # fmt: skip


def delete_ref(directory: Path, ref: RunRef) -> None:
    """Delete a branch or a tag that is still at its object. Raises `GitFailed`."""
    git = GitCalls(cwd=str(directory), own_settings_only=False)
    git.run("update-ref", "--no-deref", "-d", ref.ref, ref.object_id)


def _listed(git: GitCalls, *places: str) -> Iterator[tuple[str, str, str, str]]:
    fields = decode(git.run("for-each-ref", _FORMAT, *places)).split("\0")[:-1]
    for ref, object_id, kind, worktree in zip(*(fields[n::4] for n in range(4)), strict=True):
        yield ref.removeprefix("\n"), object_id, kind, worktree


def _contained(git: GitCalls, object_id: str, kind: str, head: tuple[str, ...], known: Container[str]) -> bool:
    if kind != "commit":
        return object_id in known
    return not git.run("rev-list", "--max-count=1", object_id, "--not", *head, *_OTHERS)
