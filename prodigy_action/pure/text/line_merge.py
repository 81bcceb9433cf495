"""Line-by-line merge of two edits of one text, also where a plain three-way merge fails on neighbouring lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prodigy_action.dataclass import dataclass

Lines = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Edit:
    """`base[start:end]` is replaced by `lines`; an insertion where `start` equals `end`."""

    start: int
    end: int
    lines: tuple[bytes, ...]


@dataclass(slots=True)
class _Region:
    """Edits of both sides that must be merged together."""

    start: int
    end: int
    ours: list[Edit]
    theirs: list[Edit]


def merge_edits(base: Lines, ours: Iterable[Edit], theirs: Iterable[Edit]) -> list[bytes] | None:
    """The text with the edits of both sides, or None when they conflict.

    Edits of neighbouring lines do not conflict: each replaces lines that the other left alone. Where both change the
    same lines, or insert at the same place, equal results are taken once, and a side that changed only the
    amount of whitespace yields to the other, as with `git merge -Xignore-space-change`.
    """
    merged: list[bytes] = []
    position = 0
    for region in _regions(ours, theirs):
        decided = _decide(base, region)
        if decided is None:
            return None
        merged += base[position : region.start]
        merged += decided
        position = region.end
    return [*merged, *base[position:]]


def _regions(ours: Iterable[Edit], theirs: Iterable[Edit]) -> list[_Region]:
    placed = sorted(
        [(edit, True) for edit in ours] + [(edit, False) for edit in theirs],
        key=lambda each: (each[0].start, each[0].end, not each[1]),
    )
    regions: list[_Region] = []
    for edit, is_ours in placed:
        if not regions or not _overlaps(regions[-1], edit):
            regions.append(_Region(edit.start, edit.end, [], []))
        region = regions[-1]
        region.end = max(region.end, edit.end)
        (region.ours if is_ours else region.theirs).append(edit)
    return regions


def _overlaps(region: _Region, edit: Edit) -> bool:
    if region.start == region.end or edit.start == edit.end:
        return region.start < edit.start < region.end or (region.start, region.end) == (edit.start, edit.end)
    return edit.start < region.end


def _decide(base: Lines, region: _Region) -> list[bytes] | None:
    before = list(base[region.start : region.end])
    ours, theirs = _applied(base, region, region.ours), _applied(base, region, region.theirs)
    if not region.theirs or ours == theirs or _same_words(theirs, before):
        return ours
    if not region.ours or _same_words(ours, before):
        return theirs
    return ours if _same_words(ours, theirs) else None


def _applied(base: Lines, region: _Region, edits: Iterable[Edit]) -> list[bytes]:
    lines: list[bytes] = []
    position = region.start
    for edit in edits:
        lines += base[position : edit.start]
        lines += edit.lines
        position = edit.end
    return [*lines, *base[position : region.end]]


def _same_words(one: Lines, other: Lines) -> bool:
    return len(one) == len(other) and all(
        left.split() == right.split() and left[:1].isspace() == right[:1].isspace()
        for left, right in zip(one, other, strict=True)
    )
