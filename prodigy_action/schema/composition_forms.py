"""The keys by which a workflow file names other files: they are resolved before the models exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prodigy_action.schema.parts import ANYTHING, BOOLEAN, SCALAR, TEXT, Schema, any_of, closed, list_of, map_of, ref

_IMPORT = any_of(
    TEXT, closed({"path": TEXT, "alias": TEXT, "selective": any_of(list_of(SCALAR), SCALAR)}, required=("path",))
)
_TEMPLATE = closed(
    {
        "name": TEXT,
        "description": TEXT,
        "source": any_of(TEXT, closed({"file": TEXT, "registry": TEXT, "url": TEXT})),
        "with": map_of(ANYTHING),
        "override": map_of(ANYTHING),
    }
)

_WORKFLOW = any_of(
    TEXT,
    ref("Steps"),
    closed(
        {
            "name": TEXT,
            "source": TEXT,
            "parameters": any_of(map_of({}), list_of({})),
            "inputs": map_of({}),
            "outputs": ref("TextList"),
            "parallel": BOOLEAN,
            "continue_on_error": BOOLEAN,
            "timeout": ref("Duration"),
            "working_dir": TEXT,
            "env": ref("Texts"),
            "description": SCALAR,
            **dict.fromkeys(("commands", "steps"), ref("Steps")),
        }
    ),
)
_WORKFLOWS = any_of(map_of(_WORKFLOW), list_of(_WORKFLOW))

COMPOSITION: Final[Mapping[str, Schema]] = {
    "extends": any_of(TEXT, list_of(TEXT)),
    "imports": any_of(list_of(_IMPORT), _IMPORT),
    "template": any_of(TEXT, _TEMPLATE),
    **dict.fromkeys(("workflows", "sub_workflows"), _WORKFLOWS),
}

COMPLETE: Final[Mapping[str, Schema]] = any_of(
    *({"required": [key]} for key in COMPOSITION),
    {"properties": {"map": {"required": ["input", "agent_template"]}}},
)
"""What a file has that names no other file."""
