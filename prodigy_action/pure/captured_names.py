"""Captured names in shell text without braces: `$NAME` belongs to the shell, and the shell is told its value."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.interpolation import render_value
from prodigy_action.pure.shell_rendering import ShellScript

BUILT_IN_ROOTS = frozenset(
    {
        "agent",
        "claude",
        "env",
        "error",
        "item",
        "item_id",
        "item_index",
        "item_json",
        "item_key",
        "item_total",
        "last",
        "map",
        "merge",
        "shell",
        "step",
        "validation",
        "worker",
        "workflow",
    }
)
"""Roots that are ours and no names a workflow chose."""

_BARE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def with_captured_names(script: ShellScript, text: str, variables: Mapping[str, JsonValue]) -> ShellScript:
    """The script with the value of every captured name that `text` uses as `$NAME`; set, never exported."""
    names = {name for name in _BARE.findall(text) if name in variables and name not in BUILT_IN_ROOTS}
    if not names:
        return script
    captured = {name: render_value(variables[name]) for name in sorted(names)}
    return ShellScript(script.script, {**captured, **script.values})
