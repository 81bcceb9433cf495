"""YAML events to values, without recursion: depth and size are bounded before anything is built."""

from __future__ import annotations

from dataclasses import field
from typing import Generic, TypeVar

import yaml

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.documents.located_tree import duplicate_key
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT, SourceText
from prodigy_action.inputs.documents.yaml_builder import Builder, DocumentRules, Entries, span_of
from prodigy_action.inputs.documents.yaml_syntax import syntax_problem

T = TypeVar("T")

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_STANDARD_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset({"int", "float", "bool", "null"})


@dataclass(slots=True)
class _Collection(Generic[T]):
    """A collection whose end has not been seen. A map takes keys and values in turn."""

    start: yaml.CollectionStartEvent
    tag: str | None
    nodes_before: int
    is_map: bool
    items: list[T] = field(default_factory=list)
    entries: Entries[T] = field(default_factory=dict)
    merged: list[T] = field(default_factory=list)
    height: int = 1
    awaits_key: bool = False
    key: yaml.ScalarEvent | None = None
    """The key of the next value; None drops the value, because its key was refused."""
    merges: bool = False
    """Whether the next value is that of `<<`; for a list, whether it is such a value itself."""


@dataclass(frozen=True, slots=True)
class _Anchored(Generic[T]):
    value: T
    event: yaml.ScalarEvent | yaml.CollectionStartEvent
    nodes: int
    height: int


class _Refused(Exception):
    """Nothing after this point can be read."""


def compose_yaml(source: SourceText, builder: Builder[T], rules: DocumentRules) -> T:
    """The one document of a YAML file, made by `builder`.

    Aliases share their value, `<<` merges. Raises `InvalidInput` for a syntax error, an empty file, several documents,
    duplicate keys and keys that are no text, unknown tags, aliases without an anchor or inside their own, and for more
    depth or values than the rules allow.
    """
    composer = _Composer(source, builder, rules)
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            composer.feed(event)
    except _Refused:
        raise InvalidInput(composer.problems) from None
    except yaml.MarkedYAMLError as error:
        raise InvalidInput([*composer.problems, syntax_problem(error, source)]) from None
    except yaml.YAMLError as error:
        raise InvalidInput([source.diagnostic(f"no YAML: {error}", 0, code="yaml")]) from None
    if composer.problems:
        raise InvalidInput(composer.problems)
    if not composer.roots:
        raise InvalidInput([source.diagnostic("the file is empty", 0, hint=rules.empty_hint, code="empty")])
    return composer.roots[0]


class _Composer(Generic[T]):
    def __init__(self, source: SourceText, builder: Builder[T], rules: DocumentRules) -> None:
        self.source = source
        self.builder = builder
        self.rules = rules
        self.problems: list[Diagnostic] = []
        self.roots: list[T] = []
        self._open: list[_Collection[T]] = []
        self._anchors: dict[str, _Anchored[T] | None] = {}
        self._nodes = 0
        self._documents = 0

    def feed(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._finish(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._refused("a second document starts here", event, f"{self.rules.name} is one document")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._count(1, event)
        tag, plain = (None, event.implicit[0]) if event.tag is None else self._scalar_tag(event)
        awaits_key = bool(self._open) and self._open[-1].awaits_key
        if awaits_key:
            self._take_key(self._open[-1], event, plain=plain)
            if event.anchor is None:
                return
        value = self.builder.scalar(event, tag, plain=plain)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, event, 1, 0)
        if not awaits_key:
            self._add(value, event, 0)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        if len(self._open) >= self.rules.depth:
            raise self._too_deep(event)
        is_map = isinstance(event, yaml.MappingStartEvent)
        tag, _ = self._tag(event, {"map" if is_map else "seq"})
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        outer = self._open[-1] if self._open else None
        merges = outer is not None and outer.is_map and outer.merges and not is_map
        self._open.append(_Collection(event, tag, self._nodes, is_map, awaits_key=is_map, merges=merges))
        self._count(1, event)

    def _finish(self, end: yaml.CollectionEndEvent) -> None:
        done = self._open.pop()
        if done.is_map:
            value = self.builder.mapping(done.entries, done.merged, done.tag, done.start, end)
        else:
            value = self.builder.sequence(done.items, done.tag, done.start, end)
        if done.start.anchor is not None:
            self._anchors[done.start.anchor] = _Anchored(
                value, done.start, self._nodes - done.nodes_before, done.height
            )
        self._add(value, done.start, done.height, end)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor
        if name is None or name not in self._anchors:
            known = ", ".join(f"`&{each}`" for each in self._anchors) or "none"
            raise self._refused(f"the alias `*{name}` has no anchor before it", event, f"anchors so far: {known}")
        anchored = self._anchors[name]
        if anchored is None:
            raise self._refused(f"the alias `*{name}` stands inside its own anchor", event)
        self._count(anchored.nodes, event)
        if len(self._open) + anchored.height > self.rules.depth:
            raise self._too_deep(event)
        if self._open and self._open[-1].awaits_key and isinstance(anchored.event, yaml.ScalarEvent):
            self._take_key(self._open[-1], anchored.event, plain=anchored.event.implicit[0])
        else:
            self._add(anchored.value, event, anchored.height)

    def _take_key(self, mapping: _Collection[T], event: yaml.ScalarEvent, *, plain: bool) -> None:
        text = event.value
        mapping.awaits_key = False
        mapping.key = event
        if text == "<<" and plain:
            mapping.merges = True
        elif text in mapping.entries:
            self._report(duplicate_key(self.source, text, span_of(mapping.entries[text][0])[0], span_of(event)))
            mapping.key = None

    def _add(self, value: T, start: yaml.Event, height: int, end: yaml.Event | None = None) -> None:
        if not self._open:
            self.roots.append(value)
            return
        outer = self._open[-1]
        if height >= outer.height:
            outer.height = height + 1
        if not outer.is_map:
            if outer.merges and not self._is_map(value):
                self._unmergeable(start, end)
            outer.items.append(value)
        elif outer.awaits_key:
            self._problem("a key must be a text", start, end=end)
            outer.awaits_key, outer.key = False, None
        else:
            self._take_value(outer, value, start, end)

    def _take_value(self, mapping: _Collection[T], value: T, start: yaml.Event, end: yaml.Event | None) -> None:
        if mapping.merges:
            maps = self.builder.maps_of(value)
            if maps is None and not isinstance(start, yaml.SequenceStartEvent):  # the parts of a list had their turn
                self._unmergeable(start, end)
            mapping.merged += maps or ()
            mapping.merges = False
        elif mapping.key is not None:
            mapping.entries[mapping.key.value] = mapping.key, value
        mapping.awaits_key = True

    def _is_map(self, value: T) -> bool:
        maps = self.builder.maps_of(value)
        return maps is not None and len(maps) == 1 and maps[0] is value

    def _unmergeable(self, start: yaml.Event, end: yaml.Event | None) -> None:
        self._problem("`<<` merges a map or a list of maps", start, end=end)

    def _scalar_tag(self, event: yaml.ScalarEvent) -> tuple[str | None, bool]:
        if event.tag == "!":
            return None, False
        tag, standard = self._tag(event, _PLAIN_TAGS | {"str"})
        return tag, standard in _PLAIN_TAGS

    def _tag(
        self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, allowed: frozenset[str] | set[str]
    ) -> tuple[str | None, str | None]:
        """A tag of the rules, and a standard one."""
        tag = event.tag
        if tag is None or tag == "!":
            return None, None
        standard = tag.removeprefix(_STANDARD_TAG)
        if standard != tag and standard in allowed:
            return None, standard
        word = tag.removeprefix("!").lower()
        if word in self.rules.tags:
            return word, None
        written = f"!!{standard}" if standard != tag else tag
        self._problem(f"unknown tag `{written}`", event, self.rules.tags_hint)
        return None, None

    def _count(self, nodes: int, event: yaml.Event) -> None:
        self._nodes += nodes
        if self._nodes > self.rules.nodes:
            hint = "aliases count as often as they are used"
            message = f"more than {self.rules.nodes:,} values in one file"
            raise self._refused(message, event, hint, code="too-many-nodes")

    def _too_deep(self, event: yaml.Event) -> _Refused:
        return self._refused(f"nested more than {self.rules.depth} deep", event, code="too-deep")

    def _refused(self, message: str, event: yaml.Event, hint: str | None = None, *, code: str = "yaml") -> _Refused:
        self._problem(message, event, hint, code=code)
        return _Refused()

    def _problem(
        self,
        message: str,
        start: yaml.Event,
        hint: str | None = None,
        *,
        end: yaml.Event | None = None,
        code: str = "yaml",
    ) -> None:
        self._report(self.source.diagnostic(message, *span_of(start, end), hint=hint, code=code))

    def _report(self, problem: Diagnostic) -> None:
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(problem)
