"""YAML events to a marked tree, without recursion: depth and size are bounded before anything is built."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.documents.located_tree import (
    DEPTH_LIMIT,
    NODE_LIMIT,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    duplicate_key,
)
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT, SourceText

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_STANDARD_TAG = "tag:yaml.org,2002:"
_STANDARD = frozenset({"str", "int", "float", "bool", "null", "seq", "map"})
_OURS = frozenset({"fixed", "linear", "exponential", "fibonacci", "custom", "batched"})


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been seen; a mapping holds keys and values in turn."""

    event: yaml.CollectionStartEvent
    tag: str | None
    nodes: list[Node] = field(default_factory=list)
    height: int = 1


def _span(event: yaml.Event) -> tuple[int, int]:
    start, end = event.start_mark, event.end_mark
    return (start.index if start else 0), (end.index if end else 0)


class _Refused(Exception):
    """Nothing after this point can be told."""


class _Composer:
    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}
        self.sizes: dict[int, tuple[int, int]] = {}
        self.total = 0
        self.root: Node | None = None
        self.documents = 0

    def refuse(self, message: str, event: yaml.Event, hint: str | None = None, code: str = "yaml") -> None:
        self.problem(message, event, hint, code)
        raise _Refused

    def problem(self, message: str, event: yaml.Event, hint: str | None = None, code: str = "yaml") -> None:
        self.told(self.source.diagnostic(message, *_span(event), hint=hint, code=code))

    def told(self, problem: Diagnostic) -> None:
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(problem)

    def feed(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.refuse("a second document starts here", event, "a workflow file is one document")
        elif isinstance(event, yaml.ScalarEvent):
            tag, standard = self.tag(event)
            plain = not event.style and standard != "str" and tag is None
            style = event.style or ""
            node = ScalarNode(event.value, plain, *_span(event), style, tag)
            self.add(node, event, 1, 0)
            self.name(event, node)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.close(event)

    def tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> tuple[str | None, str | None]:
        """A tag of ours, and a standard one."""
        tag = event.tag
        if tag is None or tag == "!":
            return None, "str" if tag else None
        standard = tag.removeprefix(_STANDARD_TAG)
        if tag.startswith(_STANDARD_TAG) and standard in _STANDARD:
            return None, standard
        word = tag.removeprefix("!").lower()
        if word not in _OURS:
            written = f"!!{standard}" if tag.startswith(_STANDARD_TAG) else tag
            self.problem(
                f"unknown tag `{written}`", event, "the tags are `!exponential` and its like, `!custom`, `!batched`"
            )
            return None, None
        return word, None

    def open(self, event: yaml.CollectionStartEvent) -> None:
        if len(self.stack) >= DEPTH_LIMIT:
            self.refuse(f"nested more than {DEPTH_LIMIT} deep", event, code="too-deep")
        tag, _ = self.tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(event, tag))

    def close(self, event: yaml.CollectionEndEvent) -> None:
        done = self.stack.pop()
        start, end = _span(done.event)[0], _span(event)[1]
        node: Node
        if isinstance(done.event, yaml.SequenceStartEvent):
            node = SequenceNode(tuple(done.nodes), start, end, done.tag)
        else:
            pairs = list(zip(done.nodes[::2], done.nodes[1::2], strict=True))
            node = MappingNode(self.entries(pairs), start, end, done.tag)
        self.add(node, done.event, 1, done.height)
        self.name(done.event, node)

    def add(self, node: Node, event: yaml.Event, size: int, height: int) -> None:
        self.total += size
        if self.total > NODE_LIMIT:
            hint = "aliases count as often as they are used"
            self.refuse(f"more than {NODE_LIMIT:,} values in one file", event, hint, "too-many-nodes")
        if len(self.stack) + height > DEPTH_LIMIT:
            self.refuse(f"nested more than {DEPTH_LIMIT} deep", event, code="too-deep")
        if self.stack:
            self.stack[-1].nodes.append(node)
            self.stack[-1].height = max(self.stack[-1].height, height + 1)
        else:
            self.root = node

    def name(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, node: Node) -> None:
        if event.anchor is not None:
            self.anchors[event.anchor] = node

    def alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor is None or event.anchor not in self.anchors:
            known = ", ".join(f"`&{name}`" for name in self.anchors) or "none"
            self.problem(f"the alias `*{event.anchor}` has no anchor before it", event, f"anchors so far: {known}")
            raise _Refused
        node = self.anchors[event.anchor]
        if node is None:
            self.refuse(f"the alias `*{event.anchor}` stands inside its own anchor", event)
            return
        size, height = self.extent(node)
        self.add(node, event, size, height)

    def extent(self, node: Node) -> tuple[int, int]:
        """Nodes and levels below and including a finished node, aliases expanded."""
        known = self.sizes.get(id(node))
        if known is not None:
            return known
        children: list[Node] = []
        if isinstance(node, SequenceNode):
            children = list(node.items)
        elif isinstance(node, MappingNode):
            children = [part for entry in node.entries for part in entry]
        extents = [self.extent(child) for child in children]
        size = 1 + sum(part for part, _ in extents)
        height = 0 if isinstance(node, ScalarNode) else 1 + max((part for _, part in extents), default=0)
        self.sizes[id(node)] = size, height
        return size, height

    def entries(self, pairs: list[tuple[Node, Node]]) -> tuple[tuple[ScalarNode, Node], ...]:
        own: dict[str, tuple[ScalarNode, Node]] = {}
        merged: list[Node] = []
        for key, value in pairs:
            if not isinstance(key, ScalarNode):
                message = "a key must be a text"
                self.told(self.source.diagnostic(message, key.start, key.end, code="yaml"))
            elif key.plain and key.text == "<<":
                merged.append(value)
            elif key.text in own:
                self.told(duplicate_key(self.source, own[key.text][0], key))
            else:
                own[key.text] = key, value
        for value in merged:
            for entry in self.merge(value):
                own.setdefault(entry[0].text, entry)
        return tuple(own.values())

    def merge(self, value: Node) -> list[tuple[ScalarNode, Node]]:
        sources = value.items if isinstance(value, SequenceNode) else (value,)
        found: list[tuple[ScalarNode, Node]] = []
        for part in sources:
            if isinstance(part, MappingNode):
                self.total += self.extent(part)[0]
                found.extend(part.entries)
            else:
                message = "`<<` merges a map or a list of maps"
                self.told(self.source.diagnostic(message, part.start, part.end, code="yaml"))
        return found


def read_yaml(source: SourceText) -> Node:
    """The one document of a YAML file; raises `InvalidInput`."""
    composer = _Composer(source)
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            composer.feed(event)
    except _Refused:
        raise InvalidInput(composer.problems) from None
    except yaml.MarkedYAMLError as error:
        raise InvalidInput([*composer.problems, _syntax_problem(error, source)]) from None
    except yaml.YAMLError as error:
        raise InvalidInput([source.diagnostic(f"no YAML: {error}", 0, code="yaml")]) from None
    if composer.problems:
        raise InvalidInput(composer.problems)
    if composer.root is None:
        raise InvalidInput(
            [source.diagnostic("the file is empty", 0, hint="a workflow is a map or a list of steps", code="empty")]
        )
    return composer.root


def _syntax_problem(error: yaml.MarkedYAMLError, source: SourceText) -> Diagnostic:
    """What the parser could not read, where a reader would look for it."""
    mark = error.problem_mark or error.context_mark
    message = ", ".join(part for part in (error.problem, error.context) if part) or "no YAML"
    index = mark.index if mark else 0
    hint = None
    if "mapping values are not allowed" in message:
        hint = "put a text that contains `: ` in quotes"
    elif "cannot start any token" in message and source.text[index : index + 1] == "\t":
        message, hint = "a tab stands where indentation or a value is expected", "indent with spaces, not with tabs"
    elif "cannot start any token" in message:
        hint = "put the text in quotes"
    elif "quoted scalar" in message and "end of" in message and error.context_mark is not None:
        index, message, hint = error.context_mark.index, "this quoted text does not end", "close the quote"
    elif "while parsing a flow" in message:
        message = "the list or map in brackets does not go on here"
        hint = "put a text that contains `{`, `}`, `[`, `]` or `,` in quotes, or close the bracket"
    elif "while parsing a block" in message:
        message, hint = "this does not continue the lines above", "give entries of one map or list the same indentation"
    return source.diagnostic(message, index, hint=hint, code="yaml")
