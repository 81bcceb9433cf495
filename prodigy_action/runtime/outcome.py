"""The result of an effect as a value. Where effects that ran side by side are joined, failures are such values."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

from prodigy_action.dataclass import dataclass

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Ok(Generic[T_co]):
    """The effect ended with `value`."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Failed:
    """The effect raised `error`, with its traceback and notes; a cancelled effect is never `Failed`."""

    error: Exception


Outcome: TypeAlias = Ok[T] | Failed


def value_of(outcome: Outcome[T]) -> T:
    """The value of an `Ok`; raises the error of a `Failed`."""
    if isinstance(outcome, Failed):
        raise outcome.error
    return outcome.value
