"""The values of a shell text that may become code, although each of them is placed safely."""

from __future__ import annotations

from collections.abc import Iterable

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ExpressionError
from prodigy_action.pure.shell.flows.holders import Inherited, Source
from prodigy_action.pure.shell.flows.program_sinks import Flow
from prodigy_action.pure.shell.flows.sinks import Sinks
from prodigy_action.pure.shell.flows.spread import Spread
from prodigy_action.pure.shell.flows.trusted import trusted_lines
from prodigy_action.pure.shell.safety.compile import LocatedValues, compile_shell, locate_values
from prodigy_action.pure.shell.safety.compiled import Interpreter
from prodigy_action.pure.shell.safety.constraints import ValueConstraint
from prodigy_action.pure.shell.syntax.nodes import Occurrence
from prodigy_action.pure.shell.syntax.tree import ParsedShells, Quoting
from prodigy_action.pure.templates.captured_names import first_mention
from prodigy_action.pure.templates.origins import is_foreign


@dataclass(frozen=True, slots=True)
class PossibleFlow:
    """A value that may run as code; spans are characters of the text.

    `value` is the placeholder or the variable as written, `source` where it stands, `sink` the place that may run it.
    """

    code: str
    value: str
    what: str
    source: tuple[int, int]
    sink: tuple[int, int]


def find_flows(
    text: str,
    roots: frozenset[str],
    parsed: ParsedShells,
    *,
    interpreter: Interpreter,
    names: frozenset[str] = frozenset(),
    trusted: frozenset[str] = frozenset(),
) -> list[PossibleFlow]:
    """The possible flows of a text, by their places; none for a text that is refused (see `compile_shell`).

    `names` are variables that hold values when the script starts; values of the roots `trusted` are not followed.
    """
    try:
        compiled = compile_shell(text, roots, interpreter, parsed, names, trusted)
        if not compiled.slots and not compiled.names:
            return []
        located = locate_values(text, roots, parsed, names)
    except ExpressionError:
        return []
    numbers = {slot.placeholder.start for slot in compiled.slots if ValueConstraint.INTEGER in slot.constraints}
    sources: list[tuple[Source, Occurrence]] = []
    for occurrence, placeholder in located.values:
        is_code = occurrence.frames and occurrence.frames[-1].quoting is not Quoting.COMMENT and not occurrence.escaped
        if is_code and placeholder.start not in numbers and is_foreign(placeholder, trusted):
            sources.append((Source(placeholder.text, occurrence.start, occurrence.end), occurrence))
    variables = {
        name: Source(f"${name}", -1, -1)
        for name in names
        if ValueConstraint.INTEGER not in compiled.names.get(name, frozenset())
    }
    if not sources and not variables:
        return []
    spread = Spread(located.reading, sources, Inherited(variables, interpreter=interpreter))
    spread.complete()
    tree = parsed.get(located.standing.text)
    lines = frozenset[int]() if tree is None else trusted_lines(located.standing, tree.comments)
    return _unique(Sinks(spread).flows(), located, lines)


def _unique(flows: Iterable[Flow], located: LocatedValues, trusted: frozenset[int]) -> list[PossibleFlow]:
    """One flow for each place, in the order of the text; none from or to the lines `trusted`."""
    found: dict[tuple[int, int], PossibleFlow] = {}
    text = located.standing
    for flow in sorted(flows, key=lambda each: (each.start, -each.end)):
        sink = (text.character_at(flow.start), text.character_at(flow.end))
        if trusted and not trusted.isdisjoint(_lines(text.characters, sink)):
            continue
        if any(start <= sink[0] and sink[1] <= end for start, end in found):
            continue
        source = (text.character_at(flow.source.start), text.character_at(flow.source.end))
        if flow.source.start < 0:
            source = first_mention(text.characters, flow.source.text[1:])
        if trusted and not trusted.isdisjoint(_lines(text.characters, source)):
            continue
        found[sink] = PossibleFlow(flow.code, flow.source.text, flow.what, source, sink)
    return list(found.values())


def _lines(text: str, span: tuple[int, int]) -> range:
    """The lines of a span of characters, from 0."""
    start, end = span
    return range(text.count("\n", 0, start), text.count("\n", 0, max(start, end - 1)) + 1)
