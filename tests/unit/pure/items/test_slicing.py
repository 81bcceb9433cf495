"""Shards: every item is in exactly one slice, and slices take about as long as each other."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.json_value import compact_json
from prodigy_action.model.shard import ITEMS_PER_SHARD, MOST_SHARDS
from prodigy_action.pure.items.slicing import shard_count, shard_matrix, shard_total, slice_of, slices_of

IDS = st.lists(st.integers(0, 10_000), unique=True, max_size=60).map(sorted)
TOTALS = st.integers(1, 20)
SECONDS = st.dictionaries(st.integers(0, 10_000), st.integers(0, 1000).map(float), max_size=60)


def slices(ids: list[int], total: int, seconds: dict[int, float] | None = None) -> list[tuple[int, ...]]:
    return [slice_of(ids, index, total, seconds) for index in range(total)]


def test_items_are_dealt_in_turn() -> None:
    assert slices([0, 1, 2, 3, 4, 5, 6], 3) == [(0, 3, 6), (1, 4), (2, 5)]


def test_the_place_in_the_list_decides_and_not_the_id() -> None:
    assert slices([4, 9, 11], 2) == [(4, 11), (9,)]


def test_there_may_be_more_shards_than_items() -> None:
    assert slices([7], 3) == [(7,), (), ()]


def test_the_longest_item_goes_first_and_to_the_shard_that_has_least_to_do() -> None:
    seconds = {0: 1.0, 1: 2.0, 2: 9.0, 3: 3.0, 4: 4.0}

    assert slices([0, 1, 2, 3, 4], 2, seconds) == [(0, 2), (1, 3, 4)]


def test_an_item_without_a_duration_counts_with_the_median() -> None:
    # 2 counts as 5: with 9 alone, the others are 5 + 5 + 1.
    assert slices([0, 1, 2, 3], 2, {0: 9.0, 1: 5.0, 3: 1.0}) == [(0, 3), (1, 2)]


def test_items_that_take_no_time_are_spread_too() -> None:
    assert slices([0, 1, 2, 3], 2, dict.fromkeys(range(4), 0.0)) == [(0, 2), (1, 3)]


def test_durations_of_other_items_change_nothing() -> None:
    assert slices([0, 1, 2], 2, {99: 5.0}) == slices([0, 1, 2], 2)


@given(IDS, TOTALS, st.none() | SECONDS)
def test_every_item_is_in_exactly_one_slice_and_in_order(
    ids: list[int], total: int, seconds: dict[int, float] | None
) -> None:
    found = slices(ids, total, seconds)

    assert sorted(id for part in found for id in part) == ids
    assert all(list(part) == sorted(part) for part in found)


@given(IDS, TOTALS, st.none() | SECONDS)
def test_all_slices_together_are_those_of_the_shards(
    ids: list[int], total: int, seconds: dict[int, float] | None
) -> None:
    assert slices_of(ids, total, seconds) == slices(ids, total, seconds)


@given(IDS, TOTALS)
def test_slices_differ_by_one_item_at_most(ids: list[int], total: int) -> None:
    sizes = [len(part) for part in slices(ids, total)]

    assert max(sizes) - min(sizes) <= 1


@given(IDS.filter(bool), TOTALS, st.data())
def test_no_slice_takes_longer_than_the_average_and_its_longest_item(
    ids: list[int], total: int, data: st.DataObject
) -> None:
    """The bound of giving every item to the least loaded: the last one given ran beside at most the average."""
    seconds = {id: float(data.draw(st.integers(0, 1000))) for id in ids}

    longest = max(sum(seconds[id] for id in part) for part in slices(ids, total, seconds))

    assert longest <= sum(seconds.values()) / total + max(seconds.values())


@given(IDS, TOTALS, SECONDS)
def test_the_order_of_the_durations_changes_nothing(ids: list[int], total: int, seconds: dict[int, float]) -> None:
    assert slices(ids, total, seconds) == slices(ids, total, dict(reversed(seconds.items())))


@pytest.mark.parametrize(("index", "total"), ((-1, 2), (2, 2), (0, 0)))
def test_a_shard_outside_of_the_total_is_refused(index: int, total: int) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        slice_of([1, 2, 3], index, total)


@given(st.integers(0, 1_000_000), st.integers(1, 10_000))
def test_the_number_of_shards_grows_with_the_items_up_to_the_limit(items: int, per_shard: int) -> None:
    assert shard_count(items, per_shard) == min(items, MOST_SHARDS, ceil(items / per_shard))


def test_the_number_of_shards_of_some_sizes() -> None:
    assert [shard_count(items) for items in (0, 1, ITEMS_PER_SHARD, ITEMS_PER_SHARD + 1, 10**6)] == [0, 1, 1, 2, 256]
    with pytest.raises(ValueError, match="must be at least 1"):
        shard_count(5, 0)


def test_a_number_of_shards_is_taken_as_long_as_each_has_an_item() -> None:
    assert [shard_total(items, 5) for items in (0, 3, 500)] == [0, 3, 5]
    assert [shard_total(items, None, 10) for items in (0, 3, 500)] == [0, 1, 50]


def test_the_matrix_has_one_entry_for_each_shard() -> None:
    assert compact_json(shard_matrix(2)) == '{"include":[{"shard":0,"total":2},{"shard":1,"total":2}]}'
    assert compact_json(shard_matrix(0)) == '{"include":[]}'
