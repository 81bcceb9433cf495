"""The map's input as a shell command: what of it is code, and what is data."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.shell.safety.render import inline_script
from prodigy_action.pure.templates.interpolation import (
    Variables,
    parse_template,
    render_placeholder,
    render_value,
    roots_of,
)

_WHOLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def input_command(text: str, own: Variables, captured: Variables, *, exported: Mapping[str, str]) -> str:
    """The text for `sh -c` in the environment `exported`, in which values are data.

    Only an input that is nothing but a variable of the workflow (`own`) is that variable's value, as code. `captured`
    is what setup captured, which never is. Raises `UndefinedVariable` and `InterpolationRefused`.
    """
    variables: dict[str, JsonValue] = {**own, **captured}
    trusted = {name: value for name, value in own.items() if name not in captured}
    return inline_script(_meant(text, trusted), variables, exported=exported)


def _meant(text: str, trusted: Variables) -> str:
    stripped = text.strip()
    bare = _WHOLE.fullmatch(stripped)
    if bare is not None and bare.group(1) in trusted:
        return render_value(trusted[bare.group(1)])
    template = parse_template(stripped, roots_of(trusted.keys()))
    if len(template.segments) == 1 and template.placeholders:
        return render_placeholder(template.placeholders[0], trusted)
    return text
