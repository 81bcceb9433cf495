"""The commits that landing makes: one merge or squash commit per item, dated now or as a function of the input."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from prodigy_action.adapters.git.calls import encode
from prodigy_action.adapters.git.objects import Commit, GitObjects
from prodigy_action.model.git import Identity


class CommitShaper:
    """Makes commits with the name of `identity`; deterministic ones carry the date of the base commit."""

    def __init__(self, objects: GitObjects, base: str, identity: Identity, now: Callable[[], int]) -> None:
        self._objects = objects
        self._now = now
        self._who = signature_name(identity)
        committed = objects.commit(base).committer
        self._fixed = self._who + b" " + b" ".join(committed.rsplit(b" ", 2)[1:])

    def merged(self, tree: str, parents: tuple[str, str], message: str, deterministic: bool) -> str:
        """A merge commit."""
        signature = self._signature(deterministic)
        return self._objects.write_commit(Commit(tree, parents, signature, signature, _text(message)))

    def squashed(self, tree: str, parent: str, commits: tuple[str, ...], message: str, deterministic: bool) -> str:
        """One commit for all commits of an item: the agent's messages (`message` if empty), its last author."""
        made = [self._objects.commit(commit) for commit in commits]
        signature = self._signature(deterministic)
        author = signature if deterministic else made[-1].author
        encoding = made[0].encoding if len(made) == 1 else None
        texts = [commit.message.strip(b"\n") for commit in made]
        text = b"\n\n".join(part for part in texts if part) + b"\n"
        text = text if text.strip() else _text(message)
        return self._objects.write_commit(Commit(tree, (parent,), author, signature, text, encoding))

    def picked(self, commit: str, tree: str, parent: str, deterministic: bool) -> str:
        """An agent's commit on top of `parent`, where its result is `tree`."""
        original, signature = self._objects.commit(commit), self._signature(deterministic)
        author = signature if deterministic else original.author
        return self._objects.write_commit(
            replace(original, tree=tree, parents=(parent,), author=author, committer=signature)
        )

    def rewritten(self, head: str, base: str, commits: tuple[str, ...], linear: bool) -> str:
        """The agent's commits again, with fixed names and dates; a history with merges becomes one commit."""
        if not linear:
            made = replace(self._objects.commit(head), parents=(base,))
            return self._objects.write_commit(replace(made, author=self._fixed, committer=self._fixed))
        parent = base
        for commit in commits:
            made = replace(self._objects.commit(commit), parents=(parent,))
            parent = self._objects.write_commit(replace(made, author=self._fixed, committer=self._fixed))
        return parent

    def _signature(self, deterministic: bool) -> bytes:
        return self._fixed if deterministic else self._who + b" %d +0000" % self._now()


def signature_name(identity: Identity) -> bytes:
    """`Name <address>` without characters that would end a field of a commit early."""
    name = re.sub(r"[<>\n\0]", "", identity.name).strip() or "prodigy-action"
    email = re.sub(r"[<>\n\0\s]", "", identity.email)
    return encode(f"{name} <{email}>")


def _text(message: str) -> bytes:
    return encode(message.replace("\0", "").strip("\n") + "\n")
