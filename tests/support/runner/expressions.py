"""The expressions of GitHub's workflows, as far as this repository's workflows use them.

By GitHub's documentation of expressions: a property that is missing is null, `||` and `&&` give one of their operands,
comparisons of unlike types are made as numbers, and texts are equal whatever their case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)"
    r"|(?P<sign>\|\||&&|==|!=|[!()>,]))"
)
_EMBEDDED = re.compile(r"\$\{\{((?:[^'}]|'(?:[^']|'')*'|\}(?!\}))*)\}\}")

Functions = Mapping[str, Callable[..., Any]]


def render(text: Any, contexts: Mapping[str, Any], functions: Functions) -> Any:
    """A value of a workflow file with its expressions evaluated; a text that is one expression keeps its type."""
    if not isinstance(text, str):
        return text
    whole = _EMBEDDED.fullmatch(text)
    if whole is not None:
        return evaluate(whole[1], contexts, functions)
    return _EMBEDDED.sub(lambda found: as_text(evaluate(found[1], contexts, functions)), text)


def evaluate(expression: str, contexts: Mapping[str, Any], functions: Functions) -> Any:
    """The value of one expression. Raises `ValueError` for a text that is no expression."""
    parser = _Parser(expression, contexts, functions)
    value = parser.either()
    if parser.tokens:
        raise ValueError(f"{expression!r}: {parser.tokens[0]} is too much")
    return value


def as_text(value: Any) -> str:
    """A value as it stands in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def truthy(value: Any) -> bool:
    """Whether a value counts as true."""
    return value not in (None, False, 0, "")


class _Parser:
    def __init__(self, expression: str, contexts: Mapping[str, Any], functions: Functions) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        text = expression.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise ValueError(f"{expression!r} cannot be read at {text[at:]!r}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.contexts, self.functions = contexts, functions

    def take(self, *signs: str) -> str | None:
        if self.tokens and self.tokens[0][0] == "sign" and self.tokens[0][1] in signs:
            return self.tokens.pop(0)[1]
        return None

    def either(self) -> Any:
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value if truthy(value) else other
        return value

    def both(self) -> Any:
        value = self.compared()
        while self.take("&&"):
            other = self.compared()
            value = other if truthy(value) else value
        return value

    def compared(self) -> Any:
        value = self.single()
        sign = self.take("==", "!=", ">")
        if sign is None:
            return value
        other = self.single()
        if sign == ">":
            return _number(value) > _number(other)
        return _equal(value, other) == (sign == "==")

    def single(self) -> Any:
        if self.take("!"):
            return not truthy(self.single())
        if self.take("("):
            value = self.either()
            assert self.take(")")
            return value
        kind, text = self.tokens.pop(0)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind != "name":
            raise ValueError(f"{text!r} is no value")
        return self.called(text) if self.take("(") else _property(self.contexts, text.split("."))

    def called(self, name: str) -> Any:
        arguments = []
        while not self.take(")"):
            arguments.append(self.either())
            self.take(",")
        return self.functions[name](*arguments)


def _property(value: Any, path: list[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _number(value: Any) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return float("nan")


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    return one == other if type(one) is type(other) else _number(one) == _number(other)
