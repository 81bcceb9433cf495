"""Rules about a step that are decided once, however many items execute it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import ref

from prodigy_action.model.step import Step

T = TypeVar("T")


def once_per_step(rule: Callable[[Step], T]) -> Callable[[Step], T]:
    """The same rule, which remembers its result for each step as long as the step exists.

    Steps are known by their identity: comparing them would cost more than most rules.
    """
    known: dict[int, tuple[ref[Step], T]] = {}

    @wraps(rule)
    def remembered(step: Step) -> T:
        number = id(step)
        found = known.get(number)
        if found is not None and found[0]() is step:
            return found[1]
        result = rule(step)
        known[number] = (ref(step, lambda _: known.pop(number, None)), result)
        return result

    return remembered
