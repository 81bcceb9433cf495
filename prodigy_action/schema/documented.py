"""Descriptions in the schemas, taken from the text under each field of the models.

Pydantic can read these texts itself, but it does so whenever the models are imported, which would slow down every run.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import TypeGuard

from pydantic import BaseModel

from prodigy_action.model import events, map_phase, results, step, step_parts, workflow

_MODULES = (step_parts, step, map_phase, workflow, events, results)


@cache
def document_models() -> None:
    """Give every field of the models the text that stands under it; done once."""
    models = [each for module in _MODULES for each in vars(module).values() if inspect.isclass(each) and _is_own(each)]
    for model in models:
        for parent in reversed(model.__mro__):
            if _is_own(parent):
                for name, text in _texts(parent):
                    model.model_fields[name].description = text
    for _ in range(2):  # twice: a model embeds other models as they were when it was built
        for model in models:
            model.model_rebuild(force=True)


def _is_own(candidate: object) -> TypeGuard[type[BaseModel]]:
    is_model = inspect.isclass(candidate) and issubclass(candidate, BaseModel)
    return is_model and candidate is not BaseModel


def _texts(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, below in pairwise(statements):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
