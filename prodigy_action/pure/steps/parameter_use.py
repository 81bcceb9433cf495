"""Which given parameters a workflow knows: those that it declares, and those that a text of it uses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from prodigy_action.errors import Diagnostic
from prodigy_action.model.workflow import Workflow
from prodigy_action.pure.templates.interpolation import mentioned_roots
from prodigy_action.pure.text.suggestions import nearest

_NAME = re.compile(r"[A-Za-z_]\w*")
_CONDITIONS: Final = frozenset({"when", "condition"})
"""Fields in which a bare name is a variable too."""


def unknown_parameters(workflow: Workflow, given: Collection[str]) -> list[Diagnostic]:
    """One problem for each name of `given` that the workflow neither declares nor uses nor sets under `env`."""
    undeclared = [name for name in given if name not in workflow.parameters]
    if not undeclared:
        return []
    used = {*_variables(workflow), *_mentioned(workflow.model_dump(by_alias=True))}
    known = (*workflow.parameters, *_variables(workflow))
    return [_unknown(name, known) for name in undeclared if name not in used]


def _variables(workflow: Workflow) -> Iterator[str]:
    yield from workflow.env
    yield from workflow.secrets
    for profile in workflow.profiles.values():
        yield from profile


def _mentioned(value: object, field: str = "") -> Iterator[str]:
    """The names in every text below `value`."""
    if isinstance(value, str):
        yield from _NAME.findall(value) if field in _CONDITIONS else mentioned_roots(value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _mentioned(each, str(key))
    elif isinstance(value, Sequence):
        for each in value:
            yield from _mentioned(each, field)


def _unknown(name: str, known: Collection[str]) -> Diagnostic:
    close = nearest(name, known)
    declared = f"it declares {', '.join(sorted(known))}; " if known else ""
    hint = f"did you mean `{close[0]}`?" if close else f"{declared}declare it under `parameters`, or use ${{{name}}}"
    message = f"the workflow has no parameter {name!r}"
    return Diagnostic(message, source="params", hint=hint, code="unknown-parameter")
