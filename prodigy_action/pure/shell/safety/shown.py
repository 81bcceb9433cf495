"""A command as people are shown it: safe to paste into a shell, whatever the values are."""

from __future__ import annotations

import re
import shlex
from typing import Final

from prodigy_action.pure.shell.safety.render import ShellScript, render_raw
from prodigy_action.pure.templates.interpolation import Variables, parse_template, render_placeholder, roots_of

FIRST, FURTHER = "$ ", "> "
"""The beginnings of the lines of a command in a log."""
LONGEST_LOGGED: Final = 2000
"""The most characters of a command with its values in a log; of a longer one the log has the text of the workflow."""
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
"""Values that every shell reads as they are, in any quotes."""
_OF_PLACEHOLDERS = "PRODIGY_V"


def shown_command(text: str, variables: Variables, script: ShellScript, *, raw: bool = False) -> str:
    """The command with its values in place when all of them are plain words, else as it ran, with the values as
    assignments before it.

    A step with `interpolation: raw` (`raw`) is shown as it ran.
    """
    if raw:
        return script.script
    plain = _all_plain(text, variables)
    assignments = [
        f"{name}={shlex.quote(value)}"
        for name, value in script.values.items()
        if not (plain and name.startswith(_OF_PLACEHOLDERS))
    ]
    return "\n".join([*assignments, render_raw(text, variables) if plain else script.script])


def logged_command(shown: str, text: str) -> str:
    """The lines of a log for a command: `$ make test`. `text` is the command in the workflow."""
    lines = (shown if len(shown) <= LONGEST_LOGGED else text).strip("\n").split("\n")
    return "".join(f"{FURTHER if number else FIRST}{line}\n" for number, line in enumerate(lines))


def _all_plain(text: str, variables: Variables) -> bool:
    if "$" not in text:
        return True
    template = parse_template(text, roots_of(variables.keys()))
    values = (render_placeholder(each, variables) for each in template.segments if not isinstance(each, str))
    return all(_PLAIN.fullmatch(value) for value in values)
