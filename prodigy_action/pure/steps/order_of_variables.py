"""The order in which the variables of `env` get their values."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.errors import ExpressionError
from prodigy_action.model.workflow import EnvValue
from prodigy_action.pure.templates.interpolation import mentioned_roots


def in_order_of_use(env: Mapping[str, EnvValue]) -> list[str]:
    """The names of `env`, each after those that its value mentions; else in the order of the file.

    Of names that mention each other, the one that stands first comes last.
    """
    ordered: dict[str, None] = {}
    for start in env:
        begun, stack = {start}, [(start, iter(_mentioned(env[start]) & env.keys()))]
        while stack:
            name, needed = stack[-1]
            following = next((each for each in needed if each not in begun and each not in ordered), None)
            if following is None:
                ordered.setdefault(name)
                stack.pop()
            else:
                begun.add(following)
                stack.append((following, iter(_mentioned(env[following]) & env.keys())))
    return list(ordered)


def _mentioned(value: EnvValue) -> set[str]:
    names: set[str] = set()
    for text in (value.value, value.when_true, value.when_false, value.command):
        if text is not None:
            names |= mentioned_roots(text)
    if value.condition is not None:
        from prodigy_action.pure.expressions.names import condition_paths

        try:
            names |= {str(path.segments[0]) for path in condition_paths(value.condition)}
        except ExpressionError:
            return names  # the checks of the file report it
    return names
