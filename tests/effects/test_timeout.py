"""A time limit fails its own effect and nobody else's; the seconds here are virtual."""

from __future__ import annotations

import anyio
import pytest

from prodigy_action.runtime import EffectTimedOut, Failed, Ok, effect, from_async_fn, par_all_limit, pure
from tests.support.backends import BACKENDS, run_in_virtual_time, run_on
from tests.support.worlds import Boom

on_each_backend = pytest.mark.parametrize("backend", BACKENDS)


@effect
async def sleep(env: None, seconds: float) -> float:
    await anyio.sleep(seconds)
    return seconds


@on_each_backend
def test_an_effect_beyond_its_limit_raises_a_timeout_error_that_says_the_seconds(backend: str) -> None:
    with pytest.raises(TimeoutError, match=r"^timed out after 2\.5 s$") as caught:
        run_in_virtual_time(backend, sleep(60).timeout(2.5).run, None)
    assert isinstance(caught.value, EffectTimedOut)
    assert caught.value.seconds == 2.5


@on_each_backend
def test_an_effect_within_its_limit_gives_its_value(backend: str) -> None:
    assert run_in_virtual_time(backend, sleep(2).timeout(3).run, None) == 2


@on_each_backend
def test_the_effect_is_ended_when_its_limit_passes(backend: str) -> None:
    async def scenario() -> float:
        started = anyio.current_time()
        await sleep(3600).timeout(2).attempt().run(None)
        return anyio.current_time() - started

    assert run_in_virtual_time(backend, scenario) == pytest.approx(2, abs=0.01)


@on_each_backend
def test_an_inner_limit_fails_only_its_own_effect(backend: str) -> None:
    limited = par_all_limit([sleep(9).timeout(1), sleep(5)], limit=2)
    slow, quick = run_in_virtual_time(backend, limited.run, None)
    assert isinstance(slow, Failed)
    assert quick == Ok(5)


@on_each_backend
def test_the_nearer_of_two_limits_decides(backend: str) -> None:
    with pytest.raises(EffectTimedOut) as caught:
        run_in_virtual_time(backend, sleep(60).timeout(1).timeout(5).run, None)
    assert caught.value.seconds == 1


@on_each_backend
def test_an_attempt_inside_does_not_hide_the_limit(backend: str) -> None:
    with pytest.raises(EffectTimedOut):
        run_in_virtual_time(backend, sleep(60).attempt().timeout(1).run, None)


@on_each_backend
def test_an_error_raised_because_of_the_limit_is_the_cause_of_the_timeout(backend: str) -> None:
    async def fails_when_cancelled(env: None) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise Boom(1)

    with pytest.raises(EffectTimedOut) as caught:
        run_in_virtual_time(backend, from_async_fn(fails_when_cancelled).timeout(1).run, None)
    assert isinstance(caught.value.__cause__, Boom)


@on_each_backend
def test_a_value_that_arrives_in_spite_of_the_limit_is_kept(backend: str) -> None:
    async def uninterruptible(env: None) -> str:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(5)
        return "committed"

    assert run_in_virtual_time(backend, from_async_fn(uninterruptible).timeout(1).run, None) == "committed"


@on_each_backend
def test_a_time_out_error_of_the_work_itself_stays_what_it_is(backend: str) -> None:
    async def network(env: None) -> None:
        raise TimeoutError("no answer from the server")

    with pytest.raises(TimeoutError, match="no answer from the server") as caught:
        run_on(backend, from_async_fn(network).timeout(5).run, None)
    assert type(caught.value) is TimeoutError


@pytest.mark.parametrize("seconds", (-0.1, float("nan")))
def test_a_limit_that_is_no_duration_is_refused_at_once(seconds: float) -> None:
    with pytest.raises(ValueError, match="write a number of seconds, zero or more"):
        pure(1).timeout(seconds)
