"""Landing in item order, whatever the finish order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.pure.policies.merge_order import MergeOrder


def drained(order: MergeOrder[str]) -> list[tuple[int, str]]:
    taken = []
    while (ready := order.take_next()) is not None:
        taken.append(ready)
    return taken


def test_an_item_waits_for_every_item_before_it() -> None:
    order = MergeOrder[str]([0, 1, 2])
    order.resolve(2, "c")
    order.resolve(1, "b")
    assert drained(order) == []
    order.resolve(0, "a")
    assert drained(order) == [(0, "a"), (1, "b"), (2, "c")]


def test_an_item_with_nothing_to_land_lets_the_next_one_pass() -> None:
    order = MergeOrder[str]([0, 1])
    order.resolve(0, None)
    order.resolve(1, "b")
    assert drained(order) == [(1, "b")]


def test_undecided_items_are_named_in_plan_order() -> None:
    order = MergeOrder[str]([3, 1, 2])
    order.resolve(1, None)
    assert order.undecided() == (3, 2)


@pytest.mark.parametrize(("item_id", "message"), ((7, "not part of this plan"), (0, "already resolved")))
def test_a_decision_that_makes_no_sense_is_refused(item_id: int, message: str) -> None:
    order = MergeOrder[str]([0, 1])
    order.resolve(0, None)
    with pytest.raises(ValueError, match=message):
        order.resolve(item_id, "x")


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)))
def test_any_finish_order_lands_the_same_items_in_plan_order(finish: list[int], empty: set[int]) -> None:
    order = MergeOrder[str](range(8))
    landed = []
    for item_id in finish:
        order.resolve(item_id, None if item_id in empty else str(item_id))
        landed += drained(order)
    assert landed == [(n, str(n)) for n in range(8) if n not in empty]
