"""Shards: how many jobs share the items of a run, and which items each of them executes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapreplace
from statistics import median

from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.shard import ITEMS_PER_SHARD, MOST_SHARDS, Shard


def slice_of(
    item_ids: Sequence[int], index: int, total: int, seconds: Mapping[int, float] | None = None
) -> tuple[int, ...]:
    """The ids that shard `index` of `total` executes, in their order, as `slices_of` shares them out; from 0.

    Raises `ValueError` for an index outside 0 to `total` - 1.
    """
    shard = Shard(index, total)
    return slices_of(item_ids, shard.total, seconds)[shard.index]


def slices_of(item_ids: Sequence[int], total: int, seconds: Mapping[int, float] | None = None) -> list[tuple[int, ...]]:
    """The ids of each of `total` shards, in their order; every id is in exactly one of them.

    Without `seconds`, the ids are dealt in turn: the first to shard 0, the second to shard 1, and so on.
    With `seconds`, the duration of each id in an earlier run, the longest goes first, each to the shard that has least
    to do (of equals the one with fewer items, then the lower index). The same arguments give the same slices.
    """
    durations = expected_seconds(item_ids, seconds or {})
    if not durations:
        return [tuple(item_ids[index::total]) for index in range(total)]
    loads = [(0.0, 0, index) for index in range(total)]
    places: list[list[int]] = [[] for _ in range(total)]
    for place in sorted(range(len(item_ids)), key=lambda place: (-durations[place], place)):
        load, count, index = loads[0]
        heapreplace(loads, (load + durations[place], count + 1, index))
        places[index].append(place)
    return [tuple(item_ids[place] for place in sorted(own)) for own in places]


def expected_seconds(item_ids: Sequence[int], seconds: Mapping[int, float]) -> list[float]:
    """The duration of each id; one that is not known counts as the median of the others. Empty when none is known."""
    known = [seconds[id] for id in item_ids if id in seconds]
    if not known:
        return []
    usual = median(known)
    return [seconds.get(id, usual) for id in item_ids]


def shard_count(items: int, items_per_shard: int = ITEMS_PER_SHARD) -> int:
    """How many shards `auto` makes: one for each `items_per_shard` items begun, at most `MOST_SHARDS`.

    Raises `ValueError` when `items_per_shard` is below 1.
    """
    if items_per_shard < 1:
        raise ValueError(f"items per shard {items_per_shard!r} must be at least 1")
    return min(items, MOST_SHARDS, -(-items // items_per_shard))


def shard_total(items: int, wanted: int | None, items_per_shard: int = ITEMS_PER_SHARD) -> int:
    """How many shards a plan has: those that are `wanted`, but none without an item; or, with None, those of
    `shard_count`.
    """
    return shard_count(items, items_per_shard) if wanted is None else min(items, wanted)


def shard_matrix(total: int) -> dict[str, JsonValue]:
    """The matrix of a GitHub workflow with one job for each shard: its `shard`, from 0, and the `total`.

    No shards give an empty `include`, which GitHub refuses: a job with such a matrix must be skipped by its `if`.
    """
    return {"include": [{"shard": index, "total": total} for index in range(total)]}
