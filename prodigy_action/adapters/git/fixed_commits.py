"""Commits that are a function of the input: their names and dates are fixed, whoever made them and when."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from prodigy_action.adapters.git.calls import decode, encode
from prodigy_action.adapters.git.objects import Commit, GitObjects
from prodigy_action.model.git import Identity


class FixedCommits:
    """Commits with one name and one date: those of `identity`, and when `base` was committed."""

    def __init__(self, objects: GitObjects, base: str, identity: Identity) -> None:
        """Raises `GitFailed` when the base cannot be read."""
        self._objects = objects
        self.name = signature_name(identity)
        self._date = b" ".join(objects.commit(base).committer.rsplit(b" ", 2)[1:])
        self.signature = self.name + b" " + self._date

    @property
    def environ(self) -> dict[str, str]:
        """What makes git date commits like that."""
        date = f"@{decode(self._date)}"
        return {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}

    def fixed(self, commit: Commit) -> Commit:
        """The commit with the fixed name and date, and without a signature."""
        return replace(commit, author=self.signature, committer=self.signature)

    def rewrite(self, commits: Sequence[str]) -> Mapping[str, str]:
        """Make these commits again, oldest first, each on top of what became of its parents; old id → new id."""
        made: dict[str, str] = {}
        for commit in commits:
            found = self._objects.commit(commit)
            parents = tuple(made.get(parent, parent) for parent in found.parents)
            made[commit] = self._objects.write_commit(self.fixed(replace(found, parents=parents)))
        return made


def signature_name(identity: Identity) -> bytes:
    """`Name <address>` without characters that would end a field of a commit early."""
    name = re.sub(r"[<>\n\0]", "", identity.name).strip() or "prodigy-action"
    email = re.sub(r"[<>\n\0\s]", "", identity.email)
    return encode(f"{name} <{email}>")
