"""Secrets of the run in new commits: in messages, in names of files, in contents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from prodigy_action.adapters.git.calls import GitCalls, decode
from prodigy_action.adapters.git.objects import EMPTY_TREE, GitObjects
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import SecretInCommit
from prodigy_action.pure.git_objects.trees import shown
from prodigy_action.pure.text.masking import Masker

_BLOCK = 1 << 20
_AT_ONCE = 1 << 24
"""Bytes of a content that is read as a whole; a longer one is read in blocks."""


@dataclass(slots=True)
class CommitSecrets:
    """What one walk over new commits finds. What a file held before the commit does not count."""

    git: GitCalls
    objects: GitObjects
    masker: Masker
    _suspects: dict[str, set[str]] = field(default_factory=dict)
    """Commits, with the ids of new contents that hold a secret; an empty id stands for the names of files."""

    def look_at_commit(self, commit: str, content: bytes) -> None:
        """Search names, addresses and message. Raises `SecretInCommit`."""
        # The lines before the author hold ids alone, in which a short secret may occur by chance.
        if self.masker.count_in_content([content[content.find(b"\nauthor ") :]]):
            raise SecretInCommit(f"commit {commit[:12]} holds a secret of the run, in its message or its author")

    def look_at_name(self, commit: str, name: bytes) -> None:
        """Search the name of a file or directory."""
        if self.masker.count_in_content([name]):
            self._suspects.setdefault(commit, set()).add("")

    def look_at_file(self, commit: str, object_id: str, size: int) -> None:
        """Search the content of a file."""
        if self.masker.count_in_content(self._blocks(object_id, size)):
            self._suspects.setdefault(commit, set()).add(object_id)

    def refuse(self) -> None:
        """Raise `SecretInCommit` when a commit adds one of the secrets that were found."""
        for commit, objects in self._suspects.items():
            path = self._added(commit, objects)
            if path is not None:
                raise SecretInCommit(f"commit {commit[:12]} adds a secret of the run, in {shown(path)}")

    def _added(self, commit: str, objects: set[str]) -> bytes | None:
        """The path at which a commit has more secrets than each of its parents."""
        parents = self.objects.commit(commit).parents or (EMPTY_TREE,)
        found = [self._added_since(parent, commit, objects) for parent in parents]
        everywhere = set(found[0]).intersection(*found[1:])
        return next((path for path in found[0] if path in everywhere), None)

    def _added_since(self, parent: str, commit: str, objects: set[str]) -> list[bytes]:
        options = ("-r", "-z", "--no-renames", "--no-commit-id", "--ignore-submodules=none")
        listed = self.git.run("diff-tree", *options, parent, commit).split(b"\0")
        return [
            path
            for (old, new), path in zip(map(_ids, listed[0::2]), listed[1::2], strict=False)
            if self._more(old, new if new in objects else "", path if "" in objects else b"")
        ]

    def _more(self, old: str, new: str, path: bytes) -> bool:
        is_new = not old.strip("0")
        if is_new and path and self.masker.count_in_content([path]):
            return True
        return bool(new) and self._count(new) > (0 if is_new else self._count(old))

    def _count(self, object_id: str) -> int:
        kind, size = self.objects.kind_and_size(object_id)
        return self.masker.count_in_content(self._blocks(object_id, size)) if kind == "blob" else 0

    def _blocks(self, object_id: str, size: int) -> Iterator[bytes]:
        if size <= _AT_ONCE:
            content = self.objects.read(object_id)[1]
            yield from (content[start : start + _BLOCK] for start in range(0, len(content), _BLOCK))
            return
        process = self.git.start("cat-file", "blob", object_id)
        try:
            process.stdin.close()
            while block := process.stdout.read(_BLOCK):
                yield block
        finally:
            process.stdout.close()
            process.kill()
            process.wait()


def searched(secrets: Masker | None) -> Masker | None:
    """The secrets, when there is one that commits are searched for."""
    return secrets if secrets is not None and secrets.searches_contents else None


def _ids(line: bytes) -> tuple[str, str]:
    fields = decode(line).split(" ")
    return (fields[2], fields[3]) if len(fields) > 4 else ("0", "0")
