"""Whether a failed item or step gets another execution, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from prodigy_action.dataclass import dataclass
from prodigy_action.model.workflow import Backoff, Retry, RetryOn
from prodigy_action.pure.policies.transient_failures import is_transient
from prodigy_action.pure.text.bounded_regex import searcher

_SIGNAL_EXIT_CODES = range(129, 193)
"""128 + n is the exit code of a shell for a command that signal n ended."""


@dataclass(frozen=True, slots=True)
class ItemAttempt:
    """One execution of an item or a step: its number, from 1, and the seconds that those before it and the waiting
    took."""

    number: int = 1
    spent_seconds: float = 0.0


FIRST_ATTEMPT = ItemAttempt()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How an execution failed, as `retry_on` sees it, and the seconds that it took."""

    seconds: float = 0.0
    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    output: str = ""
    command: str = ""
    """The text of the command, or that of the last step of an item."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """There is no further execution; `budget_spent`: only because `retry_budget` does not allow it."""

    budget_spent: bool = False


def next_attempt(
    retry: Retry | None, attempt: ItemAttempt, failure: Failure, *, seed: str
) -> tuple[float, ItemAttempt] | GivenUp:
    """Seconds to wait, and the next execution.

    There is none when the executions are used up, when `retry_on` does not name the failure, or when the wait would end
    after `retry_budget` seconds since the first execution began. Raises `ExpressionError` for a pattern that takes too
    long.
    """
    if retry is None or attempt.number >= retry.attempts or not is_retryable(retry.retry_on, failure):
        return GivenUp()
    delay = delay_after(retry, attempt.number, seed=seed)
    spent = attempt.spent_seconds + failure.seconds + delay
    if retry.retry_budget is not None and spent > retry.retry_budget:
        return GivenUp(budget_spent=True)
    return delay, ItemAttempt(attempt.number + 1, spent)


def delay_after(retry: Retry, number: int, *, seed: str = "") -> float:
    """Seconds between this execution, counted from 1, and the next one.

    Jitter changes a delay by at most half of `jitter_factor` either way; it is a function of `seed` and the number, so
    that a repeated run has the same delays.
    """
    return _jittered(min(_delay(retry.backoff, retry.initial_delay, number), retry.max_delay), retry, seed, number)


def _delay(backoff: Backoff, initial_delay: float, number: int) -> float:
    first = initial_delay if backoff.initial is None else backoff.initial
    if backoff.kind == "linear":
        return first + backoff.increment * (number - 1)
    if backoff.kind == "exponential":
        try:
            return float(first * backoff.base ** (number - 1))
        except OverflowError:
            return float("inf")
    if backoff.kind == "fibonacci":
        return first * _fibonacci(number)
    if backoff.kind == "custom" and backoff.delays:
        return backoff.delays[min(number, len(backoff.delays)) - 1]
    return first


def _fibonacci(number: int) -> int:
    a, b = 1, 1
    for _ in range(number - 1):
        a, b = b, a + b
    return a


def _jittered(delay: float, retry: Retry, seed: str, number: int) -> float:
    if not retry.jitter:
        return delay
    digest = hashlib.sha256(f"{seed}\0{number}".encode(errors="surrogateescape")).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return delay * (1 + retry.jitter_factor * (share - 0.5))


def is_retryable(retry_on: Sequence[RetryOn], failure: Failure) -> bool:
    """Whether a failure is in a class that `retry_on` names; an empty list names every failure."""
    return not retry_on or any(_matches(rule, failure) for rule in retry_on)


def _matches(rule: RetryOn, failure: Failure) -> bool:
    if rule.kind == "timeout" and failure.timed_out:
        return True
    if rule.kind == "signal":
        return failure.signal is not None or failure.exit_code in _SIGNAL_EXIT_CODES
    if rule.kind == "exit_code":
        return failure.exit_code == rule.exit_code
    if rule.kind == "pattern":
        return rule.pattern is not None and searcher(rule.pattern)(failure.output)
    return is_transient(rule.kind, output=failure.output, command=failure.command, exit_code=failure.exit_code)
