"""How long to wait between executions, and which failures are retried."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from prodigy_action.model.workflow import Backoff, Retry, RetryOn
from prodigy_action.pure.text.bounded_regex import searcher

_CLASSES = {
    "network": r"connection (refused|reset|timed out|closed)|network is unreachable|could not resolve|"
    r"temporary failure in name resolution|no route to host|broken pipe|tls handshake|ssl error",
    "server_error": r"\b5\d\d\b.{0,40}(error|unavailable|gateway|timeout)|internal server error|bad gateway|"
    r"service unavailable|gateway time-?out",
    "rate_limit": r"\b429\b|rate.?limit|too many requests|quota exceeded|overloaded",
}
_SIGNAL_EXIT_CODES = range(129, 193)
"""128 + n is the exit code of a shell for a command that signal n ended."""


def plan_delays(retry: Retry, *, seed: str = "") -> tuple[float, ...]:
    """Seconds before the second, third, … execution: `attempts - 1` delays.

    Jitter changes a delay by at most half of `jitter_factor` either way; it is a function of `seed` and the position,
    so
    that a repeated run has the same delays.
    """
    return tuple(
        _jittered(min(_delay(retry.backoff, retry.initial_delay, number), retry.max_delay), retry, seed, number)
        for number in range(1, retry.attempts)
    )


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


def is_retryable(
    retry_on: Sequence[RetryOn], *, exit_code: int | None, signal: int | None, timed_out: bool, output: str
) -> bool:
    """Whether a failure is in a class that `retry_on` names; an empty list names every failure."""
    if not retry_on:
        return True
    return any(_matches(rule, exit_code, signal, timed_out, output) for rule in retry_on)


def _matches(rule: RetryOn, exit_code: int | None, signal: int | None, timed_out: bool, output: str) -> bool:
    if rule.kind == "timeout":
        return timed_out
    if rule.kind == "signal":
        return signal is not None or exit_code in _SIGNAL_EXIT_CODES
    if rule.kind == "exit_code":
        return exit_code == rule.exit_code
    if rule.kind == "pattern":
        return rule.pattern is not None and searcher(rule.pattern)(output)
    return re.search(_CLASSES[rule.kind], output, re.IGNORECASE) is not None
