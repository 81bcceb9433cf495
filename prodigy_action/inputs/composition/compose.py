"""From a workflow file and the files that it names to one document."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.composition.calls import with_calls
from prodigy_action.inputs.composition.imports import Import, read_imports, selected
from prodigy_action.inputs.composition.library import WorkflowFiles
from prodigy_action.inputs.composition.merging import added, as_document, extended
from prodigy_action.inputs.composition.references import ReferenceKind
from prodigy_action.inputs.composition.sources import OpenFile, WorkflowSources
from prodigy_action.inputs.composition.sub_workflows import (
    WORKFLOWS_KEYS,
    aliased,
    default_texts,
    defined,
    filled,
    read_workflows,
    substituted,
)
from prodigy_action.inputs.composition.templates import Template, fixed_values, instantiated, read_template
from prodigy_action.inputs.composition.trees import Entry, scalar, with_entries, without
from prodigy_action.inputs.documents.located_tree import NODE_LIMIT, MappingNode, Node, SequenceNode
from prodigy_action.inputs.documents.source_text import SourceText, joined_source

COMPOSITION_KEYS: Final = ("extends", "imports", "template", *WORKFLOWS_KEYS)


@dataclass(frozen=True, slots=True)
class Composed:
    """One document made of several files: its tree, their joined text, and what to warn about.

    `sha256` is the digest of all files in hexadecimal; of a single file it is that of its bytes.
    """

    root: Node
    source: SourceText
    warnings: tuple[Diagnostic, ...]
    sha256: str


def compose(
    content: bytes, source: SourceText, root: Node, files: WorkflowFiles, given: Mapping[str, str] | None = None
) -> Composed:
    """Resolve the files that a document names, and those that they name. `given` are the values of parameters.

    Raises `InvalidInput` with all problems.
    """
    sources = WorkflowSources(files, [source], contents=[content])
    main = OpenFile(source.name, files.main, files.directory, root)
    composed = _Composer(sources, dict(given or {})).whole(main, (), given or {})
    text = joined_source(sources.parts) if len(sources.parts) > 1 else source
    notes = sources.notes.diagnostics(text)
    if sources.notes.failed:
        raise InvalidInput(notes)
    return Composed(composed, text, tuple(notes), _digest(sources.contents))


def _digest(contents: Sequence[bytes]) -> str:
    if len(contents) == 1:
        return hashlib.sha256(contents[0]).hexdigest()
    return hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in contents)).hexdigest()


@dataclass(slots=True)
class _Composer:
    sources: WorkflowSources
    given: Mapping[str, str]
    """The values of the run's parameters, which win over those that files give."""
    _done: dict[tuple[str, tuple[tuple[str, str], ...]], Node] = field(default_factory=dict)

    def whole(self, file: OpenFile, within: Sequence[OpenFile], values: Mapping[str, str]) -> Node:
        """The document of a file with all that it names, its sub-workflows in the places where they run."""
        document = self.document(file, within, values)
        return with_calls(document, self.sources.notes) if isinstance(document, MappingNode) else document

    def document(self, file: OpenFile, within: Sequence[OpenFile], values: Mapping[str, str]) -> Node:
        """The document of a file with all that it names. `values` are known in the names of files, before the default
        values of its own parameters.
        """
        key = (file.path, tuple(sorted(values.items())))
        if key not in self._done:
            self._done[key] = self._resolved(file, (*within, file), values)
        return self._done[key]

    def _resolved(self, file: OpenFile, within: Sequence[OpenFile], values: Mapping[str, str]) -> Node:
        root = file.root
        if not isinstance(root, MappingNode) or not any(root.get(key) is not None for key in COMPOSITION_KEYS):
            return root
        document = self._with_definitions(without(root, COMPOSITION_KEYS), root, within, values)
        for name in _each(root.get("extends")):
            base = self._other("extends", name, within, values)
            document = document if base is None else extended(document, base)
        for each in read_imports(root.get("imports"), self.sources.notes):
            other = self._other("imports", each.path, within, values)
            document = document if other is None else self._imported(document, each, other)
        template = read_template(root.get("template"), self.sources.notes)
        if template is not None:
            document = self._instantiated(document, template, within, values)
        return document if self._is_bounded(root, document) else without(root, COMPOSITION_KEYS)

    def _with_definitions(
        self, document: MappingNode, root: MappingNode, within: Sequence[OpenFile], values: Mapping[str, str]
    ) -> MappingNode:
        """The document with the definitions of its sub-workflows, each with the steps of its file."""
        found: list[Entry] = []
        known = {**default_texts(root), **values}

        def open_document(name: Node, passed: Mapping[str, str]) -> Node | None:
            file = self.sources.open("workflows", substituted(name, known), within)
            if file is None:
                return None
            own = default_texts(file.root) if isinstance(file.root, MappingNode) else {}
            seen = {each: text for each, text in known.items() if each not in own}
            values_of_file = {each: known.get(text, filled(text, known)) for each, text in passed.items()}
            return self.whole(file, within, {**seen, **values_of_file})

        for key in WORKFLOWS_KEYS:
            for name, entry in read_workflows(root.get(key), self.sources.notes):
                entry = with_entries(
                    entry, ((k, substituted(v, known) if k.text == "timeout" else v) for k, v in entry.entries)
                )
                definition = defined(name, entry, open_document, self.sources.notes)
                if definition is not None:
                    found.append((name, definition))
        if not found:
            return document
        return with_entries(document, [*document.entries, (scalar("workflows", root), with_entries(root, found))])

    def _other(
        self, kind: ReferenceKind, name: Node, within: Sequence[OpenFile], values: Mapping[str, str]
    ) -> MappingNode | None:
        """The document of a named file, in its map form; None after its problem was noted."""
        file = self.sources.open(kind, name, within)
        if file is None:
            return None
        document = as_document(self.document(file, within, values))
        if document is None:
            self.sources.notes.error(file.root, "expected a workflow, found a text", code="wrong-type")
        return document

    def _imported(self, document: MappingNode, each: Import, other: MappingNode) -> MappingNode:
        chosen = selected(other, each, self.sources.notes) if each.selective else other
        if each.alias is not None:
            chosen = aliased(each.alias, chosen, self.sources.notes)
        return added(document, chosen, imported=True)

    def _instantiated(
        self, document: MappingNode, template: Template, within: Sequence[OpenFile], values: Mapping[str, str]
    ) -> MappingNode:
        other = self._other("template", template.source, within, {**values, **fixed_values(template), **self.given})
        if other is None:
            return document
        return added(document, instantiated(other, template, self.sources.notes), imported=False)

    def _is_bounded(self, root: Node, document: MappingNode) -> bool:
        """False, with an error, for a document that grows without end: its files import each other twice, and again."""
        size = sum(len(value.items) for value in _lists(document))
        if size > NODE_LIMIT:
            self.sources.notes.error(root, f"the files together have more than {NODE_LIMIT:,} steps", code="too-large")
        return size <= NODE_LIMIT


def _each(node: Node | None) -> tuple[Node, ...]:
    """The names under `extends`; of several, the later ones are the deeper bases."""
    if node is None or node.is_null:
        return ()
    return node.items if isinstance(node, SequenceNode) else (node,)


def _lists(node: MappingNode) -> Iterator[SequenceNode]:
    for _, value in node.entries:
        if isinstance(value, SequenceNode):
            yield value
        elif isinstance(value, MappingNode):
            yield from (inner for _, inner in value.entries if isinstance(inner, SequenceNode))
