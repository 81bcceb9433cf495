"""The files of one composed workflow: each is found, read and parsed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import InvalidInput
from prodigy_action.inputs.composition.library import FileRefused, NamedFile, WorkflowFiles
from prodigy_action.inputs.composition.notes import CompositionNotes
from prodigy_action.inputs.composition.references import PLACEHOLDER, ReferenceKind, possible_names, refused_name
from prodigy_action.inputs.composition.trees import moved
from prodigy_action.inputs.documents.document import read_tree
from prodigy_action.inputs.documents.located_tree import Node, ScalarNode
from prodigy_action.inputs.documents.source_text import SourceText, decode_source

FILE_LIMIT = 100
"""The most files of one workflow."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is being composed: its name, its path and directory, and the tree of its text."""

    shown: str
    path: str
    directory: str
    root: Node


@dataclass(slots=True)
class WorkflowSources:
    """All files that were read so far; offsets of their nodes count in the joined text of `parts`."""

    files: WorkflowFiles
    parts: list[SourceText]
    notes: CompositionNotes = field(default_factory=CompositionNotes)
    contents: list[bytes] = field(default_factory=list)
    _known: dict[str, Node | None] = field(default_factory=dict)

    def open(self, kind: ReferenceKind, name: Node, within: Sequence[OpenFile]) -> OpenFile | None:
        """The file that a name means, or None after its problem was noted. `within` are the files on the way to it, the
        last of which has the name.
        """
        if not isinstance(name, ScalarNode) or not name.text.strip():
            self.notes.error(name, f"`{kind}` names a file", "write the path of a workflow file", "wrong-type")
            return None
        refused = refused_name(name.text)
        if refused is not None:
            self.notes.error(name, *refused, code="outside-the-repository")
            return None
        names = possible_names(kind, name.text)
        try:
            found = self.files.find(names, within[-1].directory)
        except FileRefused as error:
            self.notes.error(name, f"{name.text!r}: {error.reason}", error.hint, "unreadable-file")
            return None
        if found is None:
            likely = [each for each in names if each.endswith((".yml", names[0].rpartition(".")[2]))]
            hint = f"looked for {', '.join(likely)}, beside this file and from the top of the repository"
            if unknown := PLACEHOLDER.search(name.text):
                hint = f"{unknown[0]} has no value: give it a default under `parameters`, or a value with --param"
            self.notes.error(name, f"the file {name.text!r} does not exist", hint, "missing-file")
            return None
        chain = [each.path for each in within]
        if found.path in chain:
            shown = [*(each.shown for each in within[chain.index(found.path) :]), found.shown]
            message = f"`{kind}` leads back to a file that it started from: {' → '.join(shown)}"
            self.notes.error(name, message, "put what the files share into a file of its own", "cycle")
            return None
        root = self._parsed(name, found)
        return None if root is None else OpenFile(found.shown, found.path, found.directory, root)

    def _parsed(self, name: Node, found: NamedFile) -> Node | None:
        if found.path in self._known:
            return self._known[found.path]
        self._known[found.path] = None
        if len(self.parts) >= FILE_LIMIT:
            self.notes.error(name, f"a workflow of more than {FILE_LIMIT} files", code="too-large")
            return None
        try:
            source = decode_source(found.content, found.shown)
            root = read_tree(source)
        except InvalidInput as error:
            self.notes.of_files.extend(error.diagnostics)
            return None
        base = sum(len(part.text) + 1 for part in self.parts)
        self.parts.append(source)
        self.contents.append(found.content)
        self._known[found.path] = moved(root, base)
        return self._known[found.path]
