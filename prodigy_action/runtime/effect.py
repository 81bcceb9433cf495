"""`Effect`: a description of work that needs an environment, composed first and run later."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar, final

from anyio.lowlevel import checkpoint_if_cancelled

from prodigy_action.runtime.outcome import Failed, Ok, Outcome
from prodigy_action.runtime.timeout import check_seconds, run_at_most

# Explicit variance: inferred variance would make Env invariant, and an effect that asks for a small Protocol
# could not be used where the complete environment is at hand.
T_co = TypeVar("T_co", covariant=True)
Env_contra = TypeVar("Env_contra", contravariant=True)
U = TypeVar("U")
OuterEnv = TypeVar("OuterEnv")


@final
class Effect(Generic[T_co, Env_contra]):
    """Work that returns a `T_co` when it is run with an `Env_contra`; a failure is an exception.

    Nothing happens until `await effect.run(env)`, and every run does the work again. Effects are made by the
    constructors of this package (`pure`, `from_async_fn`, `asks`, `sequence`, `bracket`, `effect`, `par_all`,
    `par_all_limit`) and composed by the methods, each of which returns a new effect.
    """

    __slots__ = ("_run",)

    def __init__(self, run: Callable[[Env_contra], Coroutine[Any, Any, T_co]]) -> None:
        self._run = run

    def run(self, env: Env_contra) -> Coroutine[Any, Any, T_co]:
        """Do the work: `await effect.run(env)`. Raises whatever the work raises."""
        return self._run(env)

    def map(self, transform: Callable[[T_co], U]) -> Effect[U, Env_contra]:
        """The same work, its value passed through the plain function `transform`."""

        async def run(env: Env_contra) -> U:
            return transform(await self._run(env))

        return Effect(run)

    def and_then(self, continuation: Callable[[T_co], Effect[U, Env_contra]]) -> Effect[U, Env_contra]:
        """This work, then the work that `continuation` makes of its value; after a failure `continuation` is not
        called.

        A chain may be a few hundred links deep; use `sequence` for long lists.
        """

        async def run(env: Env_contra) -> U:
            return await continuation(await self._run(env)).run(env)

        return Effect(run)

    def tap(self, observe: Callable[[T_co], Effect[object, Env_contra]]) -> Effect[T_co, Env_contra]:
        """This work, then the effect of `observe`; the value of this work is returned. If the observer fails, the whole
        fails.
        """

        async def run(env: Env_contra) -> T_co:
            value = await self._run(env)
            await observe(value).run(env)
            return value

        return Effect(run)

    def context(self, note: str) -> Effect[T_co, Env_contra]:
        """The same work; an error keeps its type and gets `note` ("executing agent 3") as a PEP 678 note."""

        async def run(env: Env_contra) -> T_co:
            try:
                return await self._run(env)
            except Exception as error:
                error.add_note(note)
                raise

        return Effect(run)

    def attempt(self) -> Effect[Outcome[T_co], Env_contra]:
        """The same work, with its failure as a value: `Ok(value)` or `Failed(error)`.

        The one place where any `Exception` becomes a value. An error raised while the work is being cancelled is a
        consequence of the cancellation: then the cancellation is raised again, and no `Failed` is returned.
        """

        async def run(env: Env_contra) -> Outcome[T_co]:
            try:
                return Ok(await self._run(env))
            except Exception as error:  # noqa: BLE001 - the join of a chain wants every failure as a value
                await checkpoint_if_cancelled()
                return Failed(error)

        return Effect(run)

    def tap_error(self, observe: Callable[[Exception], Effect[object, Env_contra]]) -> Effect[T_co, Env_contra]:
        """The same work; after a failure the effect of `observe` is run, then the error is raised again.

        A failing observer adds a note to the error and does not replace it.
        """
        attempted = self.attempt()

        async def observation(env: Env_contra, error: Exception) -> None:
            await observe(error).run(env)

        async def run(env: Env_contra) -> T_co:
            outcome = await attempted.run(env)
            if isinstance(outcome, Ok):
                return outcome.value
            error = outcome.error
            observed = await Effect[None, Env_contra](lambda env: observation(env, error)).attempt().run(env)
            if isinstance(observed, Failed):
                error.add_note(f"observing this error failed: {observed.error!r}")
            raise error

        return Effect(run)

    def timeout(self, seconds: float) -> Effect[T_co, Env_contra]:
        """The same work, cancelled after `seconds`; then `EffectTimedOut`, a `TimeoutError`, is raised.

        Raises `ValueError` at once when `seconds` is negative or not a number.
        """
        check_seconds(seconds)

        async def run(env: Env_contra) -> T_co:
            return await run_at_most(seconds, lambda: self._run(env))

        return Effect(run)

    def provide(self, adapt: Callable[[OuterEnv], Env_contra]) -> Effect[T_co, OuterEnv]:
        """The same work for another environment: `adapt` makes the one it needs, at each run."""

        async def run(outer: OuterEnv) -> T_co:
            return await self._run(adapt(outer))

        return Effect(run)
