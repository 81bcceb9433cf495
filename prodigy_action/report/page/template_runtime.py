"""What the compiled template of the page needs of jinja2: importing jinja2 takes longer than writing a small page.

The template is compiled when this program is made, so no parser and no compiler is needed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, Final

from markupsafe import Markup, escape

__all__ = ["Markup", "TemplateRuntimeError", "Undefined", "escape", "generate", "internalcode", "missing"]

missing: Final = object()
"""Stands for a variable that has no value."""


class TemplateRuntimeError(Exception):
    """The template asks for something that does not exist."""


def internalcode(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function of the template; here nothing depends on it."""
    return function


class Undefined:
    """The compiled module names it; a missing value is an error here."""

    def __init__(self, name: str) -> None:
        raise TemplateRuntimeError(f"{name!r} is undefined")


class _Environment:
    """Filters, and how the template reads attributes."""

    undefined = Undefined
    concat = "".join

    def __init__(self, filters: Mapping[str, Callable[..., object]]) -> None:
        self.filters = {"length": len, "replace": _replace, **filters}

    @staticmethod
    def getattr(value: object, name: str) -> Any:
        """An attribute of a value, or what it holds under that name."""
        try:
            return getattr(value, name)
        except AttributeError:
            return value[name]  # type: ignore[index]  # an error of the template when it holds nothing by names


class _Context:
    """The variables of one page."""

    eval_ctx = None

    def __init__(self, variables: Mapping[str, object]) -> None:
        self._variables = variables

    def resolve_or_missing(self, name: str) -> object:
        """The value of a variable."""
        return self._variables.get(name, missing)

    @staticmethod
    def call(function: Callable[[], object], *, _loop_vars: object) -> object:
        """What a function without arguments returns."""
        return function()


def generate(
    template: ModuleType, filters: Mapping[str, Callable[..., object]], variables: Mapping[str, object]
) -> Iterator[str]:
    """The page in pieces. Raises `TemplateRuntimeError` for a variable that has no value."""
    root: FunctionType = vars(template)["root"]
    known = {**root.__globals__, "environment": _Environment(filters)}
    yield from FunctionType(root.__code__, known, argdefs=root.__defaults__)(_Context(variables))


def _replace(_: None, text: str, old: str, new: str) -> str:
    return text.replace(old, new)
