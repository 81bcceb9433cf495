"""Making and composing effects calls nothing of what was passed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from prodigy_action.runtime import (
    Effect,
    asks,
    bracket,
    effect,
    from_async_fn,
    par_all,
    par_all_limit,
    pure,
    sequence,
    within,
)


class Spy:
    """Plain functions, coroutine functions and effects that record that they were called."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.work: Effect[int, object] = from_async_fn(self.fn)

    async def fn(self, env: object) -> int:
        self.calls.append("fn")
        return 1

    def read(self, value: object) -> int:
        self.calls.append("read")
        return 1

    def then(self, value: object) -> Effect[int, object]:
        self.calls.append("then")
        return pure(1)


MAKERS: dict[str, Callable[[Spy], Effect[object, object]]] = {
    "from_async_fn": lambda spy: spy.work,
    "asks": lambda spy: asks(spy.read),
    "effect": lambda spy: effect(spy.fn)(),
    "sequence": lambda spy: sequence([spy.work, spy.work]),
    "bracket": lambda spy: bracket(spy.work, spy.then, spy.then),
    "within": lambda spy: within(object, spy.work),
    "par_all": lambda spy: par_all([spy.work, spy.work]),
    "par_all_limit": lambda spy: par_all_limit([spy.work, spy.work], 1),
    "map": lambda spy: spy.work.map(spy.read),
    "and_then": lambda spy: spy.work.and_then(spy.then),
    "tap": lambda spy: spy.work.tap(spy.then),
    "tap_error": lambda spy: spy.work.tap_error(spy.then),
    "context": lambda spy: spy.work.context("noted"),
    "attempt": lambda spy: spy.work.attempt(),
    "timeout": lambda spy: spy.work.timeout(0),
    "provide": lambda spy: spy.work.provide(spy.read),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_making_an_effect_runs_nothing(maker: str) -> None:
    spy = Spy()
    MAKERS[maker](spy)
    assert spy.calls == []
