"""The functions that make an `Effect` out of a value, an error, a function or other effects."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from anyio.lowlevel import checkpoint

from prodigy_action.runtime.effect import Effect

T = TypeVar("T")
Env = TypeVar("Env")
P = ParamSpec("P")


def pure(value: T) -> Effect[T, object]:
    """The effect that does nothing and returns `value`."""

    async def run(env: object) -> T:
        return value

    return Effect(run)


def from_async_fn(fn: Callable[[Env], Coroutine[Any, Any, T]]) -> Effect[T, Env]:
    """The effect that awaits `fn(env)`.

    Raises `TypeError` at once unless `fn` is a coroutine function (`async def`): a blocking call would stop every
    effect that runs at the same time.
    """
    _check_coroutine_function(fn)
    return Effect(fn)


def asks(read: Callable[[Env], T]) -> Effect[T, Env]:
    """The effect that returns what the plain function `read` takes from the environment."""

    async def run(env: Env) -> T:
        return read(env)

    return Effect(run)


def sequence(effects: Iterable[Effect[T, Env]]) -> Effect[list[T], Env]:
    """The effects one after the other, their values in a list; the first failure ends it.

    A loop, so that the number of effects is not bounded by the stack. There is a checkpoint before each effect:
    cancellation is noticed between effects that never wait.
    """
    planned = tuple(effects)

    async def run(env: Env) -> list[T]:
        values: list[T] = []
        for each in planned:
            await checkpoint()
            values.append(await each.run(env))
        return values

    return Effect(run)


def within(env_type: type[Env], effect: Effect[T, Env]) -> Effect[T, Env]:
    """`effect` itself, typed as one that runs with an `env_type`; the first link of a chain that mixes environments.

    Only for the type checker: at run time an effect accepts any environment with the ports it needs, but no checker
    widens the environment of a chain by itself.
    """
    return effect


def effect(fn: Callable[Concatenate[Env, P], Coroutine[Any, Any, T]]) -> Callable[P, Effect[T, Env]]:
    """Turn `async def f(env, *args)` into `f(*args) -> Effect`.

    Raises `TypeError` at decoration unless `fn` is a coroutine function, and where the effect is made, not when it
    runs, if the arguments do not fit the signature.
    """
    _check_coroutine_function(fn)
    signature = inspect.signature(fn)
    least, most = _counts(signature)

    @wraps(fn)
    def make_effect(*args: P.args, **kwargs: P.kwargs) -> Effect[T, Env]:
        if kwargs or not least <= len(args) < most:
            signature.bind(None, *args, **kwargs)

        async def run(env: Env) -> T:
            return await fn(env, *args, **kwargs)

        return Effect(run)

    return make_effect


def _counts(signature: inspect.Signature) -> tuple[int, int]:
    """How many arguments after the environment certainly fit by position: at least so many, and fewer than so many."""
    listed = list(signature.parameters.values())[1:]
    if not all(each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for each in listed):
        return 0, 0
    required = sum(each.default is inspect.Parameter.empty for each in listed)
    return required, len(listed) + 1


def _check_coroutine_function(fn: Callable[..., object]) -> None:
    if not inspect.iscoroutinefunction(fn):
        raise TypeError(f"{fn!r} is not a coroutine function: write it with async def")
