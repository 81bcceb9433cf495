"""`.env` files: `NAME=value` lines with `export`, quotes and comments, as python-dotenv reads them."""

from __future__ import annotations

import io

from prodigy_action.errors import Diagnostic, InvalidInput, Position


def parse_env_file(content: bytes, source: str) -> dict[str, str]:
    """The variables of a file, in order; nothing is interpolated. Raises `InvalidInput` for every line without a
    variable.
    """
    from dotenv.parser import parse_stream

    text = content.decode("utf-8", "surrogateescape")
    values: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            line = binding.original.string.lstrip("\n").splitlines()[0]
            number = binding.original.line + len(binding.original.string) - len(binding.original.string.lstrip("\n"))
            problems.append(
                Diagnostic(
                    "no variable",
                    source=source,
                    position=Position(number, 1, len(line) + 1),
                    source_line=line,
                    hint="write NAME=value, with quotes round a value of several words",
                    code="malformed-env-file",
                )
            )
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    if problems:
        raise InvalidInput(problems)
    return values
