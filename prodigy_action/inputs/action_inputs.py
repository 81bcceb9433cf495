"""The settings of a run, from the command line's options and the inputs of the action."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.documents.diagnostics import suggest
from prodigy_action.model.settings import INPUTS, InputField, Kind, Settings
from prodigy_action.model.shard import MOST_SHARDS

Given: TypeAlias = str | Sequence[str] | bool | None
"""The value of an option; None and an empty list mean that it was not given."""

_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_COUNT: Final = re.compile(r"[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_NAME: Final = re.compile(r"[^\s=,]+")


class _Refused(Exception):
    """A value that cannot be read; `args` are the problem and what to write instead."""


def read_settings(options: Mapping[str, Given], environ: Mapping[str, str]) -> Settings:
    """The settings: `options` by the names of the inputs (`max-parallel`), else `INPUT_*` of `environ`, else defaults.

    An empty input counts as not given. Raises `InvalidInput` with every value that cannot be read.
    """
    values: dict[str, Any] = _surrounding_defaults(environ)
    problems: list[Diagnostic] = []
    for field in INPUTS:
        option = options.get(field.name)
        given = option is not None and option != [] and option != ()
        from_runner = environ.get(input_variable(field.name), "").strip() if field.declared.of_action else ""
        written = option if given else from_runner
        source = f"option {field.flag}" if given else f"input {field.name}"
        if written in ("", None):
            continue
        try:
            values[field.attribute] = _READERS[field.declared.kind](field, written)
        except _Refused as error:
            message, hint = error.args
            problems.append(Diagnostic(message, source=source, hint=hint, code="invalid-input"))
    if problems:
        raise InvalidInput(problems)
    return Settings(**values)


def switched_off(name: str, options: Mapping[str, Given], environ: Mapping[str, str]) -> bool:
    """Whether a boolean input is clearly off, whatever is wrong with other inputs."""
    option = options.get(name.replace("-", "_"))
    return option is False or (option is None and environ.get(input_variable(name), "").strip() in _FALSE)


def input_variable(name: str) -> str:
    """The variable in which the runner passes an input: blanks become `_`, hyphens stay."""
    return f"INPUT_{name.replace(' ', '_').upper()}"


def _surrounding_defaults(environ: Mapping[str, str]) -> dict[str, Any]:
    in_actions = environ.get("GITHUB_ACTIONS") == "true"
    return {
        "log_format": "json" if in_actions else "console",
        "restart": in_actions,
        "log_level": "debug" if environ.get("RUNNER_DEBUG") == "1" else "info",
    }


def _text(_: InputField, written: Given) -> str:
    if not isinstance(written, str):
        raise _Refused(f"{written!r} is no text", "give it once, as text")
    if "\0" in written:
        raise _Refused(f"{written!r} holds a NUL character", "remove it")
    return written


def _command(field: InputField, written: Given) -> str:
    text = _text(field, written)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise _Refused(f"{text!r} cannot be split into words: {str(error).lower()}", "close the quotes") from error
    if not words:
        raise _Refused(f"{text!r} names no program", "write a program, such as claude")
    return text


def _count(_: InputField, written: Given) -> int:
    if isinstance(written, str) and _COUNT.fullmatch(written) and int(written) >= 1:
        return int(written)
    raise _Refused(f"{written!r} is no whole number from 1", "write a number such as 8")


def _amount(_: InputField, written: Given) -> int:
    if isinstance(written, str) and _COUNT.fullmatch(written):
        return int(written)
    raise _Refused(f"{written!r} is no whole number from 0", "write a number such as 3")


def _shards(_: InputField, written: Given) -> int | None:
    if written == "auto":
        return None
    if not isinstance(written, str) or not _COUNT.fullmatch(written) or not 1 <= int(written) <= MOST_SHARDS:
        raise _Refused(f"{written!r} is neither auto nor a whole number from 1 to {MOST_SHARDS}", "write auto, or 8")
    return int(written)


def _minutes(_: InputField, written: Given) -> float:
    if isinstance(written, str) and _NUMBER.fullmatch(written) and float(written) > 0:
        return float(written)
    raise _Refused(f"{written!r} is no number of minutes above 0", "write a number such as 90 or 0.5")


def _boolean(_: InputField, written: Given) -> bool:
    if isinstance(written, bool):
        return written
    if isinstance(written, str) and written in _TRUE | _FALSE:
        return written in _TRUE
    raise _Refused(f"{written!r} is no boolean", "write true or false")


def _choice(field: InputField, written: Given) -> str:
    if written in field.choices:
        return str(written)
    guess = suggest(str(written), field.choices)
    hint = f"did you mean `{guess}`?" if guess else f"write one of {', '.join(field.choices)}"
    raise _Refused(f"{written!r} is none of {', '.join(field.choices)}", hint)


def _lines(field: InputField, written: Given) -> tuple[str, ...]:
    if isinstance(written, str):
        return tuple(line for line in map(str.strip, _text(field, written).split("\n")) if line)
    return tuple(_text(field, entry) for entry in written) if isinstance(written, Sequence) else ()


def _names(field: InputField, written: Given) -> tuple[str, ...]:
    names = _lines(field, written)
    for name in names:
        if not _NAME.fullmatch(name):
            raise _Refused(f"{name!r} is no name of a variable", "write one name per line, without values")
    return names


def _pairs(field: InputField, written: Given) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for line in _lines(field, written):
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise _Refused(f"{line!r} is no key=value", "write lines such as version=1.2")
        pairs[name.strip()] = value
    return pairs


_READERS: Final[Mapping[Kind, Callable[[InputField, Given], object]]] = {
    "text": _text,
    "command": _command,
    "count": _count,
    "amount": _amount,
    "shards": _shards,
    "minutes": _minutes,
    "boolean": _boolean,
    "choice": _choice,
    "lines": _lines,
    "names": _names,
    "pairs": _pairs,
}
