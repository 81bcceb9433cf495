"""From the output of commands to typed variables."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue, compact_json, parse_json
from prodigy_action.model.workflow import CaptureOutput, Step
from prodigy_action.pure.json_values.json_path import JsonPath
from prodigy_action.pure.text.bounded_regex import MATCH_SECONDS, compile_regex, too_slow
from prodigy_action.pure.text.cutting import CUT_MARK, cut
from prodigy_action.pure.text.reasons import reason_of


def decode_output(output: bytes) -> str:
    """Output as text: every byte is kept, except trailing line ends."""
    return output.decode("utf-8", "surrogateescape").rstrip("\r\n")


def cut_output(output: bytes) -> str:
    """The beginning of longer output as text, with the mark of a cut; a character that is not whole is dropped."""
    decoder = getincrementaldecoder("utf-8")("surrogateescape")
    return decoder.decode(output).rstrip("\r\n") + CUT_MARK


def capture_value(text: str, form: str, *, succeeded: bool = True) -> JsonValue:
    """`text` in the form that `capture_format` names; a boolean is the printed word `true` or `false`, else whether the
    command succeeded.

    Raises `ValueError` when the text of a command that succeeded does not have that form; after a failure such a text
    is kept unchanged.
    """
    try:
        return _in_form(text, form, succeeded)
    except ValueError:
        if succeeded:
            raise
        return text


def _in_form(text: str, form: str, succeeded: bool) -> JsonValue:
    if form == "json":
        try:
            return parse_json(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the output is no JSON: {reason_of(error)}") from error
    if form == "lines":
        return text.splitlines()
    if form == "number":
        try:
            value = parse_json(text.strip())
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{cut(text, 80)!r} is no number")
        return value
    if form == "boolean":
        return {"true": True, "false": False}.get(text.strip().lower(), succeeded)
    return text


def captured_text(step: Step, stdout: str, stderr: str) -> str:
    """The text of the streams that `capture_streams` selects."""
    parts = [stdout] if step.capture_streams.stdout else []
    if step.capture_streams.stderr and stderr:
        parts.append(stderr)
    return "\n".join(parts)


def phase_capture(
    rule: CaptureOutput, stdout: str, stderr: str, *, without_cut_secret: Callable[[str], str] = str
) -> JsonValue:
    """The value of one `capture_outputs` entry: size, then pattern, json_path, multiline.

    `without_cut_secret` takes a text whose end was cut off, and removes a piece of a secret there.

    Raises `ValueError` when a pattern or path matches nothing and there is no default.
    """
    try:
        return _phase_capture(rule, stdout, stderr, without_cut_secret)
    except ValueError:
        if rule.default is None:
            raise
        return rule.default


def _phase_capture(
    rule: CaptureOutput, stdout: str, stderr: str, without_cut_secret: Callable[[str], str]
) -> JsonValue:
    text = {"stdout": stdout, "stderr": stderr}.get(rule.source, "\n".join(part for part in (stdout, stderr) if part))
    content = text.encode("utf-8", "surrogateescape")
    if rule.max_size is not None and len(content) > rule.max_size:
        text = without_cut_secret(content[: rule.max_size].decode("utf-8", "surrogateescape"))
    if rule.pattern is not None:
        text = _first_match(rule.pattern, text)
    if rule.json_path is not None:
        return _select(text, rule.json_path)
    return _multiline(text, rule.multiline)


def _first_match(pattern: str, text: str) -> str:
    try:
        compiled = compile_regex(pattern)
        found = compiled.search(text, timeout=MATCH_SECONDS)
    except TimeoutError as error:
        raise ValueError(too_slow(pattern, text).message) from error
    except ExpressionError as error:
        raise ValueError(error.message) from error
    if found is None:
        raise ValueError(f"the pattern {pattern!r} does not occur in the output")
    return str(found.group(1) if compiled.groups else found.group(0))


def _select(text: str, json_path: str) -> JsonValue:
    path = json_path if json_path.startswith("$") else f"$.{json_path}"
    try:
        found = JsonPath.parse(path).select(parse_json(text))
    except ExpressionError as error:
        raise ValueError(error.message) from error
    except ValueError as error:
        raise ValueError(f"the output is no JSON: {reason_of(error)}") from error
    if not found:
        raise ValueError(f"the path {json_path!r} selects nothing in {cut(compact_json(text), 80)}")
    return found[0] if len(found) == 1 else found


def _multiline(text: str, form: str) -> JsonValue:
    lines = text.splitlines()
    if form == "join":
        return " ".join(lines)
    if form == "first_line":
        return lines[0] if lines else ""
    if form == "last_line":
        return lines[-1] if lines else ""
    if form == "array":
        return lines
    return text
