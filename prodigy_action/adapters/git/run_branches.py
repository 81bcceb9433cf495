"""The branches that runs have published in a repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls, decode

_RUN_BRANCH = re.compile(r"refs/heads/prodigy/\d{8}-\d{6}-[0-9a-f]{6}(?![0-9A-Za-z]).*", re.DOTALL)
_OTHERS = ("--exclude=prodigy/*", "--branches", "--tags", "--remotes")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBranch:
    """A branch of a run: its full ref, its commit, whether HEAD, a tag or a branch of nobody's run contains the
    commit, and the worktree that has it checked out ("" for none)."""

    ref: str
    commit: str
    contained: bool
    worktree: str

    @property
    def name(self) -> str:
        """The name as people write it, such as `prodigy/20260102-030405-0a1b2c`."""
        return self.ref.removeprefix("refs/heads/")


def run_branches(directory: Path) -> list[RunBranch]:
    """The branches of runs in the repository of a directory, by name. Raises `GitFailed`."""
    git = GitCalls(cwd=str(directory), own_settings_only=False)
    shown = git.run("for-each-ref", "--format=%(refname)%00%(objectname)%00%(worktreepath)", "refs/heads/prodigy")
    rows = [row.split("\0") for row in decode(shown).splitlines()]
    head = ("HEAD",) if git.attempt("rev-parse", "--quiet", "--verify", "HEAD").status == 0 else ()
    return [
        RunBranch(
            ref=ref,
            commit=commit,
            contained=not git.run("rev-list", "--max-count=1", commit, "--not", *head, *_OTHERS),
            worktree=worktree,
        )
        for ref, commit, worktree in rows
        if _RUN_BRANCH.fullmatch(ref)
    ]


def delete_branch(directory: Path, branch: RunBranch) -> None:
    """Delete a branch that is still at its commit. Raises `GitFailed`."""
    git = GitCalls(cwd=str(directory), own_settings_only=False)
    git.run("update-ref", "-d", branch.ref, branch.commit)
