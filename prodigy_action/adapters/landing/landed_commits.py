"""The commits that landing makes: one merge or squash commit per item, dated now or as a function of the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from prodigy_action.adapters.git.calls import encode
from prodigy_action.adapters.git.fixed_commits import FixedCommits
from prodigy_action.adapters.git.objects import Commit, GitObjects


class CommitShaper:
    """Makes commits with the name of the run; deterministic ones carry its fixed date."""

    def __init__(self, objects: GitObjects, fixed: FixedCommits, now: Callable[[], int]) -> None:
        self._objects = objects
        self._now = now
        self._fixed = fixed

    def merged(self, tree: str, parents: tuple[str, str], message: str, deterministic: bool) -> str:
        """A merge commit."""
        signature = self._signature(deterministic)
        return self._objects.write_commit(Commit(tree, parents, signature, signature, _text(message)))

    def squashed(self, tree: str, parent: str, own: tuple[str, ...], message: str, deterministic: bool) -> str:
        """One commit for all commits of an item: the messages of its `own` ones (`message` if empty), the last author.

        Commits of others that it pulled are not its own.
        """
        made = [self._objects.commit(commit) for commit in own]
        signature = self._signature(deterministic)
        author = signature if deterministic or not made else made[-1].author
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

    def rewritten(self, head: str, base: str, own: tuple[str, ...], linear: bool) -> str:
        """The agent's own commits again, with fixed names and dates; a history with merges becomes one commit."""
        if linear:
            return self._fixed.rewrite(own).get(head, head)
        made = self._fixed.fixed(replace(self._objects.commit(head), parents=(base,)))
        return self._objects.write_commit(made)

    def _signature(self, deterministic: bool) -> bytes:
        return self._fixed.signature if deterministic else self._fixed.name + b" %d +0000" % self._now()


def _text(message: str) -> bytes:
    return encode(message.replace("\0", "").strip("\n") + "\n")
