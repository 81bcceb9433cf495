"""`${{ … }}`: an expression of GitHub, which replaces it in its own workflow files only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.documents.located import SourceMap
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT, SourceText

_EXPRESSION = re.compile(r"\$\{\{\s*([^{}]*?)\s*\}\}")
_ENVIRONMENT = re.compile(r"env\.([A-Za-z_]\w*)")
_SECRET = re.compile(r"secrets\.([A-Za-z_]\w*)")


def find_foreign_placeholders(root: Node, source: SourceText) -> list[Diagnostic]:
    """A warning for each such expression in a document."""
    found: list[Diagnostic] = []
    if "${{" not in source.text:
        return found
    for node in _scalars(root):
        places = SourceMap(source, node)
        for match in _EXPRESSION.finditer(node.text):
            message = f"{match[0]!r} is an expression of GitHub: it is not replaced here"
            hint = _instead(match[1])
            diagnostic = places.diagnostic((), message, hint=hint, code="github-expression", span=match.span())
            if diagnostic not in found and len(found) < PROBLEM_LIMIT:
                found.append(diagnostic)
    return [replace(each, severity="warning") for each in found]


def _instead(expression: str) -> str:
    if variable := _ENVIRONMENT.fullmatch(expression):
        return f"write `${{env.{variable[1]}}}`"
    if secret := _SECRET.fullmatch(expression):
        name = secret[1]
        return f"give it to the action with `env:`, write `secrets: {{{name}: {name}}}` here, and use `${name}`"
    return "give the value to the action with the input `params`, declare it under `parameters:`, and write `${NAME}`"


def _scalars(node: Node) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        if "${{" in node.text:
            yield node
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from _scalars(item)
    elif isinstance(node, MappingNode):
        for key, value in node.entries:
            yield from _scalars(key)
            yield from _scalars(value)
