"""What a YAML document is made into: the rules for a kind of file, and the port that makes its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, TypeVar

import yaml

from prodigy_action.dataclass import dataclass

T = TypeVar("T")
Entries: TypeAlias = dict[str, tuple[yaml.ScalarEvent, T]]
"""The values of a map by key, each with the event of its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRules:
    """What one kind of YAML file may hold. `name` (`a workflow file`) and `empty_hint` are for messages.

    `depth` bounds how many collections stand inside each other, `nodes` how many values a file stands for once its
    aliases are expanded; `tags` are the words that may follow a `!`, and `tags_hint` says so.
    """

    name: str
    empty_hint: str
    depth: int
    nodes: int
    tags: frozenset[str] = frozenset()
    tags_hint: str = "remove the tag"


class Builder(Protocol[T]):
    """Makes the values of a document. `start` and `end` are the events that enclose a value in the file."""

    def scalar(self, event: yaml.ScalarEvent, tag: str | None, *, plain: bool) -> T:
        """A text; `plain` says that it may also mean a number, a boolean or nothing."""

    def sequence(self, items: list[T], tag: str | None, start: yaml.Event, end: yaml.Event) -> T:
        """A list."""

    def mapping(self, own: Entries[T], merged: list[T], tag: str | None, start: yaml.Event, end: yaml.Event) -> T:
        """A map of its own entries and those of `merged` maps; the own come first, then an earlier map."""

    def maps_of(self, value: T) -> Sequence[T] | None:
        """The maps that `<<` merges: the value itself, or those of a list; None when it is or holds anything else."""


def span_of(start: yaml.Event, end: yaml.Event | None = None) -> tuple[int, int]:
    """The offsets in the file where an event, or what `start` and `end` enclose, begins and ends."""
    first, last = start.start_mark, (end or start).end_mark
    return (first.index if first else 0), (last.index if last else 0)
