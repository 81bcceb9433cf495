"""The shared context of all rewriting functions: the problems found so far, and the reader for the fields of a map."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import field, replace
from typing import TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.documents.diagnostics import suggest, unknown_key
from prodigy_action.inputs.documents.located import BROKEN, Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, describe, marked_span
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT, SourceText

FieldReader: TypeAlias = "Callable[[Node, NormalizationContext], Located]"


_SUGGESTIONS = 50


@dataclass(slots=True)
class NormalizationContext:
    """The context of one file: its problems, in the order of discovery."""

    source: SourceText
    steps: FieldReader
    """Reads a list of steps; a member, because steps hold steps."""
    key: str = ""
    """The key whose value is being read."""
    problems: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    _warned: set[tuple[int, str]] = field(default_factory=set)

    def error(self, node: Node, message: str, hint: str | None = None, code: str = "invalid") -> None:
        """Report an error at a node."""
        if len(self.problems) >= PROBLEM_LIMIT:
            return
        found = self.source.diagnostic(message, *marked_span(self.source.text, node), hint=hint, code=code)
        if found not in self.problems:
            self.problems.append(found)

    def broken(self, node: Node, message: str, hint: str | None = None, code: str = "invalid") -> Located:
        """Report an error, and return a stand-in for the value."""
        self.error(node, message, hint, code)
        return Located(BROKEN, node)

    def wrong_type(self, node: Node, expected: str, hint: str | None = None) -> Located:
        """A value of the wrong kind for its field."""
        return self.value_error(node, f"expected {expected}, found {describe(node)}", hint, "wrong-type")

    def value_error(self, node: Node, message: str, hint: str | None = None, code: str = "invalid") -> Located:
        """A value that its key does not accept; the message names the key."""
        return self.broken(node, f"`{self.key}`: {message}" if self.key else message, hint, code)

    def warn(self, node: Node, message: str, hint: str | None = None, code: str = "warning") -> None:
        """Report a warning at a node; once per place and text, however often an alias repeats it."""
        if (node.start, message) in self._warned or len(self.warnings) >= PROBLEM_LIMIT:
            return
        self._warned.add((node.start, message))
        found = self.source.diagnostic(message, *marked_span(self.source.text, node), hint=hint, code=code)
        self.warnings.append(replace(found, severity="warning"))


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A key of the file: how its value is read, and the model's field (default: of the same name).

    `deprecated` says what to write instead, `unused` why the value is accepted and has no effect.
    """

    reader: FieldReader
    field: str | None = None
    deprecated: str | None = None
    unused: str | None = None
    keeps_null: bool = False


def read_fields(
    node: MappingNode,
    specs: Mapping[str, FieldSpec],
    reading: NormalizationContext,
    *,
    where: str,
    ignored: Iterable[str] = (),
) -> Fields:
    """Read the known keys of a map into the model's fields; nulls count as absent, unknown keys are warnings.

    `where` names the map in messages (`a step`), `ignored` are the keys that the caller reads itself.
    """
    fields: Fields = {}
    written: dict[str, ScalarNode] = {}
    passed = frozenset(ignored)
    for key, value in node.entries:
        spec = specs.get(key.text)
        if key.text in passed or key.text == "$schema" or key.text.startswith("x-"):
            continue
        if spec is None:
            warn_unknown(key, [*specs, *passed], reading, where)
            continue
        name = spec.field or key.text
        if spec.deprecated:
            reading.warn(key, f"`{key.text}` is deprecated", spec.deprecated, "deprecated")
        if spec.unused is not None:
            if spec.unused:
                reading.warn(key, f"`{key.text}` has no effect: {spec.unused}", code="no-effect")
            continue
        if value.is_null and not spec.keeps_null:
            continue
        if name in written:
            message = f"`{written[name].text}` and `{key.text}` in {where} say the same thing"
            reading.error(key, message, "keep one of the two", "conflicting-keys")
            continue
        written[name] = key
        outer, reading.key = reading.key, key.text
        fields[name] = spec.reader(value, reading)
        reading.key = outer
    return fields


def warn_unknown(key: ScalarNode, known: Iterable[str], reading: NormalizationContext, where: str) -> None:
    """Ignore an unknown key, with a warning that suggests a known one."""
    message, hint = unknown_key(key.text, known if len(reading.warnings) < _SUGGESTIONS else (), where)
    reading.warn(key, message, hint, "unknown-key")


def meant(node: MappingNode, wanted: Iterable[str], known: Container[str]) -> str | None:
    """A hint when an unknown key of the map is probably one of the missing ones."""
    for name in node.names:
        guess = suggest(name, wanted) if name not in known else None
        if guess is not None:
            return f"is `{name}` meant to be `{guess}`?"
    return None


def unused(reason: str = "") -> FieldSpec:
    """A key of other versions of the language that has no effect here; with a reason, it is a warning."""
    return FieldSpec(lambda node, _: Located(None, node), unused=reason)
