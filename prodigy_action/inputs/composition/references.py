"""Where a name of a workflow file is looked for, by the key that it stands under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

ReferenceKind = Literal["imports", "extends", "template", "workflows"]

PLACEHOLDER: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A value in the name of a file."""

_ENDINGS = (".yml", ".yaml", ".json")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|git@")
_PREFIXES: dict[ReferenceKind, tuple[str, ...]] = {
    "imports": ("",),
    "extends": ("bases", "templates", "workflows", ""),
    "template": (".prodigy/templates", "templates", ""),
    "workflows": ("",),
}
"""The directories in which a bare name is looked for."""


def refused_name(name: str) -> tuple[str, str] | None:
    """What is wrong with a name that cannot be a file of the repository, and a hint."""
    if _ADDRESS.match(name):
        message = f"{name!r} is an address: workflow files are not loaded from the network"
        return message, "copy the file to the repository"
    if name.startswith("~"):
        hint = "copy the file to the repository, for a template to .prodigy/templates/"
        return f"{name!r} is outside the repository", hint
    return None


def possible_names(kind: ReferenceKind, name: str) -> list[str]:
    """The paths that a name may mean, the best first.

    A name without ending is also tried with `.yml`, `.yaml` and `.json`; a bare one first in the directories that
    are kept for its kind.
    """
    return [name] if name.startswith("/") else list(dict.fromkeys(_possible_names(kind, name)))


def _possible_names(kind: ReferenceKind, name: str) -> Iterator[str]:
    has_ending = name.endswith(_ENDINGS)
    names = [name] if has_ending else [f"{name}{ending}" for ending in _ENDINGS]
    prefixes = _PREFIXES[kind]
    if has_ending or "/" in name:
        prefixes = ("", *(prefix for prefix in prefixes if prefix and "/" not in name))
        if not has_ending:
            names.append(name)
    for prefix in prefixes:
        for each in names:
            yield f"{prefix}/{each}" if prefix else each
