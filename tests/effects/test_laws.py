"""The laws of `Effect`, checked on both back ends for effects made by every constructor and method."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.runtime import Effect, Failed, Ok, pure, sequence, within
from tests.support.backends import BACKENDS, run_on
from tests.support.worlds import (
    CONSTRUCTED,
    Continuation,
    Work,
    World,
    continuations,
    fail,
    leaves,
    observation,
    record_and_fail,
    works,
)

laws = settings(max_examples=15)
of_every_constructor = pytest.mark.parametrize("constructor", CONSTRUCTED)


def assert_same(left: Effect[object, World], right: Effect[object, World]) -> None:
    async def both() -> tuple[object, object]:
        return await observation(left), await observation(right)

    for backend in BACKENDS:
        seen_left, seen_right = run_on(backend, both)
        assert seen_left == seen_right


@given(value=st.integers(), then=continuations)
@laws
def test_left_identity_pure_adds_nothing_before_a_continuation(value: int, then: Continuation) -> None:
    assert_same(within(World, pure(value)).and_then(then), then(value))


@of_every_constructor
@given(data=st.data())
@laws
def test_right_identity_pure_adds_nothing_after_an_effect(constructor: str, data: st.DataObject) -> None:
    work = data.draw(CONSTRUCTED[constructor])
    assert_same(work.and_then(pure), work)


@of_every_constructor
@given(data=st.data(), first=continuations, second=continuations)
@laws
def test_and_then_is_associative(
    constructor: str, data: st.DataObject, first: Continuation, second: Continuation
) -> None:
    work = data.draw(CONSTRUCTED[constructor])
    assert_same(
        work.and_then(first).and_then(second),
        work.and_then(lambda value: first(value).and_then(second)),
    )


@of_every_constructor
@given(data=st.data(), summand=st.integers())
@laws
def test_map_is_and_then_with_pure(constructor: str, data: st.DataObject, summand: int) -> None:
    work = data.draw(CONSTRUCTED[constructor])
    assert_same(work.map(lambda value: value + summand), work.and_then(lambda value: pure(value + summand)))


@of_every_constructor
@given(data=st.data())
@laws
def test_a_second_run_does_the_work_a_second_time(constructor: str, data: st.DataObject) -> None:
    work = data.draw(CONSTRUCTED[constructor])
    assert_same(work, work)


@given(work=works)
@laws
def test_mapping_the_identity_changes_nothing(work: Work) -> None:
    assert_same(work.map(lambda value: value), work)


@given(work=works)
@laws
def test_mapping_twice_is_mapping_the_composition(work: Work) -> None:
    assert_same(work.map(lambda value: value + 1).map(str), work.map(lambda value: str(value + 1)))


@given(value=st.integers())
@laws
def test_attempting_pure_is_pure_ok(value: int) -> None:
    assert_same(pure(value).attempt(), pure(Ok(value)))


@given(number=st.integers(), then=continuations)
@laws
def test_nothing_follows_a_failure(number: int, then: Continuation) -> None:
    failing = within(World, record_and_fail(number))
    assert_same(failing.and_then(then), failing)


@given(work=works)
@laws
def test_raising_the_attempted_error_again_is_the_effect_itself(work: Work) -> None:
    def back(outcome: Ok[int] | Failed) -> Effect[int, World]:
        match outcome:
            case Ok(value):
                return pure(value)
            case Failed(error):
                return fail(error)

    assert_same(work.attempt().and_then(back), work)


@given(work=works)
@laws
def test_tapping_with_pure_changes_nothing(work: Work) -> None:
    assert_same(work.tap(pure).tap_error(pure), work)


@given(work=works)
@laws
def test_a_limit_that_is_not_reached_changes_nothing(work: Work) -> None:
    assert_same(work.timeout(3600), work)


@given(work=works)
@laws
def test_providing_twice_is_providing_the_composition(work: Work) -> None:
    def outer(world: World) -> World:
        return World(world.number * 2, world.log)

    def inner(world: World) -> World:
        return World(world.number + 1, world.log)

    assert_same(work.provide(inner).provide(outer), work.provide(lambda world: inner(outer(world))))


@given(many=st.lists(leaves, max_size=5))
@laws
def test_a_sequence_is_the_fold_of_and_then(many: list[Work]) -> None:
    def append(chain: Effect[list[int], World], work: Work) -> Effect[list[int], World]:
        return chain.and_then(lambda values: work.map(lambda value: [*values, value]))

    folded: Effect[list[int], World] = pure([])
    for work in many:
        folded = append(folded, work)
    assert_same(sequence(many), folded)
