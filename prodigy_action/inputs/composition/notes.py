"""What composing has found: errors and warnings at nodes, made into diagnostics when all texts are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.documents.diagnostics import unknown_key
from prodigy_action.inputs.documents.located_tree import Node, ScalarNode, marked_span
from prodigy_action.inputs.documents.source_text import SourceText


@dataclass(frozen=True, slots=True)
class _Note:
    node: Node
    message: str
    hint: str | None
    code: str
    severity: str


@dataclass(slots=True)
class CompositionNotes:
    """The problems in the order in which they were found."""

    found: list[_Note] = field(default_factory=list)
    of_files: list[Diagnostic] = field(default_factory=list)
    """Problems of whole files, such as a syntax error."""

    def error(self, node: Node, message: str, hint: str | None = None, code: str = "composition") -> None:
        """An error at a node."""
        self.found.append(_Note(node, message, hint, code, "error"))

    def warn(self, node: Node, message: str, hint: str | None = None, code: str = "composition") -> None:
        """A warning at a node."""
        self.found.append(_Note(node, message, hint, code, "warning"))

    def unknown_key(self, key: ScalarNode, known: Iterable[str], where: str) -> None:
        """A warning about a key that nothing reads. `where` names the map that the key is in."""
        message, hint = unknown_key(key.text, known, where)
        self.warn(key, message, hint, "unknown-key")

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return bool(self.of_files) or any(note.severity == "error" for note in self.found)

    def diagnostics(self, source: SourceText) -> list[Diagnostic]:
        """All of them, without repetitions; `source` joins the files that the nodes are in."""
        located = [
            replace(
                source.diagnostic(note.message, *marked_span(source.text, note.node), hint=note.hint, code=note.code),
                severity="error" if note.severity == "error" else "warning",
            )
            for note in self.found
        ]
        return list(dict.fromkeys([*self.of_files, *located]))
