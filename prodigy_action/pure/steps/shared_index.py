"""Which steps of elements that run side by side in one worktree must not meet: those that use git's index or HEAD."""

from __future__ import annotations

import re
from typing import Final

from prodigy_action.model.workflow import Step

_GIT = re.compile(r"(?<![\w-])git[\"']?(?=(\s.{0,300}|$))", re.DOTALL)
_WITH_VALUE: Final = frozenset({"-C", "-c", "--git-dir", "--work-tree"})
_READING: Final = frozenset(
    {
        "blame", "cat-file", "check-ignore", "config", "describe", "diff", "for-each-ref", "grep", "log", "ls-files",
        "ls-tree", "merge-base", "rev-list", "rev-parse", "shortlog", "show", "show-ref", "status", "symbolic-ref",
        "version",
    }
)  # fmt: skip


def uses_shared_index(step: Step) -> bool:
    """Whether a step, as far as its text shows, changes the index or HEAD, or depends on that nobody else does.

    A program that commits by itself is not known, unless the step says that it makes a commit.
    """
    if step.auto_commit or step.commit_required or step.commit_config is not None:
        return True
    if step.shell is None or "git" not in step.shell:
        return False
    return any(_subcommand(match[1]) not in _READING for match in _GIT.finditer(step.shell))


def _subcommand(arguments: str) -> str:
    words = iter(arguments.split())
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word.strip("\"';|&()")
    return ""
