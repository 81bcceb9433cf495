"""Shards: how many jobs share the items of a run, and which items each of them executes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heapreplace
from statistics import median
from typing import Final

from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.shard import Shard

MOST_JOBS: Final = 256
"""The most jobs that one matrix of GitHub Actions may have."""
ITEMS_PER_SHARD: Final = 100
"""How many items `auto` gives to a shard, unless `items-per-shard` says otherwise.

A job of GitHub takes 20 to 60 seconds to start, which pays from about a hundred items on.
"""


def slice_of(
    item_ids: Sequence[int], index: int, total: int, seconds: Mapping[int, float] | None = None
) -> tuple[int, ...]:
    """The ids that shard `index` of `total` executes, in their order; the index counts from 0.

    Without `seconds`, the ids are dealt in turn: the first to shard 0, the second to shard 1, and so on.
    With `seconds`, the duration of each id in an earlier run, the longest goes first, each to the shard that has least
    to do (of equals the one with fewer items, then the lower index); an id without a duration counts with the median of
    the others. The same arguments give the same slices, and every id is in exactly one of them.

    Raises `ValueError` for an index outside 0 to `total` - 1.
    """
    shard = Shard(index, total)
    if not seconds or not (known := [seconds[id] for id in item_ids if id in seconds]):
        return tuple(item_ids[shard.index :: shard.total])
    usual = median(known)
    durations = [seconds.get(id, usual) for id in item_ids]
    loads = [(0.0, 0, number) for number in range(shard.total)]
    heapify(loads)
    chosen: list[int] = []
    for place in sorted(range(len(item_ids)), key=lambda place: (-durations[place], place)):
        load, count, number = loads[0]
        heapreplace(loads, (load + durations[place], count + 1, number))
        if number == shard.index:
            chosen.append(place)
    return tuple(item_ids[place] for place in sorted(chosen))


def shard_count(items: int, items_per_shard: int = ITEMS_PER_SHARD) -> int:
    """How many shards `auto` makes: one for each `items_per_shard` items begun, at most `MOST_JOBS`.

    Raises `ValueError` when `items_per_shard` is below 1.
    """
    if items_per_shard < 1:
        raise ValueError(f"items per shard {items_per_shard!r} must be at least 1")
    return min(items, MOST_JOBS, -(-items // items_per_shard))


def shard_matrix(total: int) -> dict[str, JsonValue]:
    """The matrix of a GitHub workflow with one job for each shard: its `shard`, from 0, and the `total`.

    No shards give an empty `include`, which GitHub refuses: a job with such a matrix must be skipped by its `if`.
    """
    return {"include": [{"shard": index, "total": total} for index in range(total)]}
