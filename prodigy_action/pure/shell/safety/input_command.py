"""The map's input as a shell command: what of it is code, and what is data."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodigy_action.model.workflow import Interpreter
from prodigy_action.pure.shell.safety.render import inline_script, inline_variables, text_to_parse
from prodigy_action.pure.shell.syntax.tree import ParsedShells
from prodigy_action.pure.templates.interpolation import (
    UndefinedVariable,
    Variables,
    parse_template,
    render_placeholder,
    render_value,
    roots_of,
)

_WHOLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def input_command(
    text: str,
    own: Variables,
    captured: Variables,
    *,
    parsed: ParsedShells,
    exported: Mapping[str, str],
    interpreter: Interpreter = "sh",
) -> str:
    """The text for `sh -c` in the environment `exported`, in which values are data.

    Only an input that is nothing but a variable of the workflow (`own`) is that variable's value, as code. `captured`
    is what setup captured, which never is. Raises `UndefinedVariable` and `InterpolationRefused`.
    """
    meant, variables = _meant(text, own, captured)
    return inline_script(meant, variables, parsed=parsed, exported=exported, interpreter=interpreter)


def input_texts(text: str, own: Variables, captured: Variables, *, exported: Mapping[str, str]) -> list[str]:
    """What `input_command` needs the tree of."""
    meant, variables = _meant(text, own, captured)
    return text_to_parse(meant, inline_variables(meant, variables, exported), exported=exported)


def _meant(text: str, own: Variables, captured: Variables) -> tuple[str, Variables]:
    """The text that a shell reads, and the variables that it may mention."""
    trusted = {name: value for name, value in own.items() if name not in captured}
    return _of_trusted(text, trusted), {**own, **captured}


def _of_trusted(text: str, trusted: Variables) -> str:
    stripped = text.strip()
    bare = _WHOLE.fullmatch(stripped)
    if bare is not None and bare.group(1) in trusted:
        return render_value(trusted[bare.group(1)])
    template = parse_template(stripped, roots_of(trusted.keys()))
    if len(template.segments) == 1 and template.placeholders:
        try:
            return render_placeholder(template.placeholders[0], trusted)
        except UndefinedVariable:
            return text  # the value comes from outside
    return text
