"""Cherry-picking in the object database: a change is applied to another tree, line by line where a merge gives up."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from prodigy_action.adapters.git.calls import decode
from prodigy_action.adapters.git.objects import Commit
from prodigy_action.adapters.git.trees import Changes, compose
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.pure.text.line_merge import Edit, merge_edits

Stages = dict[bytes, tuple[bytes, str]]
"""For one path: stage number (1 base, 2 ours, 3 theirs) → mode and object id."""

_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_REGULAR = (b"100644", b"100755")
_MERGED_BY_LINES = (b"unspecified", b"set", b"text")
_SNIFFED = 8_000
_NOBODY = b"prodigy-action <prodigy-action> 0 +0000"


def pick(repository: PrivateRepository, before: str, after: str, onto: str) -> str | None:
    """The tree `onto` with the changes between the trees `before` and `after`, or None when they conflict.

    Files on which a merge finds conflicts are merged again line by line (see `merge_edits`). Raises `GitFailed`.
    """
    base = _stand_in(repository, before, ())
    ours, theirs = _stand_in(repository, onto, (base,)), _stand_in(repository, after, (base,))
    merged = repository.merges.merge(ours, theirs)
    return merged.tree if merged.clean else _resolved(repository, merged.tree, _stages(merged.entries))


def _stand_in(repository: PrivateRepository, tree: str, parents: tuple[str, ...]) -> str:
    return repository.objects.write_commit(Commit(tree, parents, _NOBODY, _NOBODY, b""))


def _stages(entries: Iterable[bytes]) -> dict[bytes, Stages]:
    found: defaultdict[bytes, Stages] = defaultdict(dict)
    for entry in entries:
        facts, _, path = entry.partition(b"\t")
        mode, object_id, stage = facts.split(b" ")
        found[path][stage] = (mode, decode(object_id))
    return dict(found)


def _resolved(repository: PrivateRepository, tree: str, conflicts: dict[bytes, Stages]) -> str | None:
    changes: Changes = {}
    if not conflicts or not _merged_by_lines(repository, conflicts):
        return None
    for path, stages in conflicts.items():
        modes = {mode for mode, _ in stages.values()}
        if stages.keys() != {b"1", b"2", b"3"} or not modes.issubset(_REGULAR):
            return None
        content = _merged_content(repository, *(stages[stage][1] for stage in (b"1", b"2", b"3")))
        if content is None:
            return None
        base, ours, theirs = (stages[stage][0] for stage in (b"1", b"2", b"3"))
        changes[path] = (theirs if ours == base else ours, repository.objects.write_blob(content))
    return compose(repository.objects, tree, changes)


def _merged_by_lines(repository: PrivateRepository, paths: Iterable[bytes]) -> bool:
    repository.place.make_again()
    listed = b"".join(path + b"\0" for path in paths)
    attributes = repository.in_parent.run("check-attr", "-z", "--stdin", "merge", stdin=listed).split(b"\0")
    return all(value in _MERGED_BY_LINES for value in attributes[2::3])


def _merged_content(repository: PrivateRepository, base: str, ours: str, theirs: str) -> bytes | None:
    texts = {object_id: repository.objects.read(object_id)[1] for object_id in (base, ours, theirs)}
    if any(b"\0" in text[:_SNIFFED] for text in texts.values()):
        return None
    lines = {object_id: lines_of(text) for object_id, text in texts.items()}
    sides = [edits_between(repository, base, side, lines[side]) for side in (ours, theirs)]
    merged = merge_edits(lines[base], *sides)
    return None if merged is None else b"".join(merged)


def lines_of(text: bytes) -> list[bytes]:
    """The lines as git counts them, each with its end: a lone carriage return does not end a line."""
    *whole, last = text.split(b"\n")
    return [line + b"\n" for line in whole] + ([last] if last else [])


def edits_between(repository: PrivateRepository, base: str, side: str, lines: list[bytes]) -> list[Edit]:
    """The edits between the blob `base` and the blob `side`, whose lines are `lines`. Raises `GitFailed`."""
    options = ("--no-color", "--no-ext-diff", "--no-textconv", "--text", "--diff-algorithm=histogram", "--unified=0")
    compared = repository.git.run("diff", *options, base, side)
    edits: list[Edit] = []
    for match in _HUNK.finditer(compared):
        start, count, new_start, new_count = (int(group) if group is not None else 1 for group in match.groups())
        # For an empty range, the diff names the line before it.
        start, new_start = start - (count > 0), new_start - (new_count > 0)
        edits.append(Edit(start, start + count, tuple(lines[new_start : new_start + new_count])))
    return edits
