"""The `${…}` language: which parts of a text are placeholders, and their meaning."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final, TypeAlias

from prodigy_action.dataclass import dataclass

PathPart: TypeAlias = str | int

TEXTS_KEPT: Final = 2048
"""The number of parsed texts in the cache. A text that is not in the cache is parsed again."""

_GIT_ROOTS = frozenset({"step", "workflow"})
_GIT_LISTS = frozenset({"files_added", "files_modified", "files_deleted", "files_changed", "commits"})
_ROOT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HYPHENATED_ROOT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)+")
_FIELD = re.compile(r"\.([\w-]+)")
_INDEX = re.compile(r"\[([0-9]{1,9})\]")
_QUOTED_FIELD = re.compile(r"\[(?:'([^'\]]*)'|\"([^\"\]]*)\")\]")
_FORMAT = re.compile(r":(json|lines|csv|[^\s:${}'\"`]*\*[^\s:${}'\"`]*(?::(?:json|lines|csv))?)\}")
_MENTION = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)((?:-[A-Za-z0-9_]+)*)(\.?)|([A-Za-z_][A-Za-z0-9_]*))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One `${path}`: `start` and `end` are offsets in characters into its text.

    `default` is the text after `:-` or `|default:`, without one pair of quotes around it; `format` is the text after a
    single colon (`json`, `lines`, `csv`, a glob such as `*.md`, or a glob and one of the words).
    """

    text: str
    path: tuple[PathPart, ...]
    default: str | None
    format: str | None
    start: int
    end: int

    @property
    def root(self) -> str:
        """The first name of the path."""
        return str(self.path[0])

    @property
    def names_list(self) -> bool:
        """Whether it stands for a list of names of the git context, all of them or those that globs choose."""
        is_list = len(self.path) == 2 and self.path[0] in _GIT_ROOTS and self.path[1] in _GIT_LISTS
        return is_list and (self.format is None or ("*" in self.format and ":" not in self.format))


@dataclass(frozen=True, slots=True)
class Template:
    """A text split into literal pieces and placeholders; joined, the pieces are the text, byte for byte.

    `suspects` are spans that begin like a placeholder of a known root but are not one (`${item.path##*/}`): they are
    literal text, and cause a warning.
    """

    text: str
    segments: tuple[str | Placeholder, ...]
    suspects: tuple[tuple[int, int], ...] = ()

    @property
    def literals(self) -> tuple[str, ...]:
        """The pieces of literal text in their order."""
        return tuple(segment for segment in self.segments if isinstance(segment, str))

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """The placeholders in the order of the text."""
        return tuple(segment for segment in self.segments if isinstance(segment, Placeholder))


@dataclass(frozen=True, slots=True)
class _Opening:
    """A `${name` in a text, with the placeholder that it begins if `name` is a known root."""

    root: str
    start: int
    placeholder: Placeholder | None
    suspect: tuple[int, int] | None
    has_field: bool

    def is_known(self, roots: frozenset[str]) -> bool:
        """Whether it is one of `roots`, some of which are known with a field only."""
        return self.root in roots or (self.has_field and f"{self.root}." in roots)


def parse_template(text: str, roots: Collection[str]) -> Template:
    """Split `text` at every `${…}` whose first name is one of `roots`; everything else is literal text.

    A root that ends in a dot (`build.`) is known with a field only: `${build.output}` is a placeholder, `${build}` not.
    Never fails: `${FILE##*.}`, `${x:-3}` of an unknown `x` and unbalanced braces are left to the program that reads the
    text. Each text of a workflow is parsed once; the names that are known decide which parts of it are placeholders.
    """
    return _split(text, frozenset(roots))


@lru_cache(maxsize=TEXTS_KEPT)
def _split(text: str, roots: frozenset[str]) -> Template:
    segments: list[str | Placeholder] = []
    suspects: list[tuple[int, int]] = []
    end = 0
    for opening in _openings(text):
        if opening.start < end or not opening.is_known(roots):
            continue
        if opening.placeholder is not None:
            if opening.start > end:
                segments.append(text[end : opening.start])
            segments.append(opening.placeholder)
            end = opening.placeholder.end
        elif opening.suspect is not None:
            suspects.append(opening.suspect)
    if end < len(text):
        segments.append(text[end:])
    return Template(text, tuple(segments), tuple(suspects))


@lru_cache(maxsize=TEXTS_KEPT)
def _openings(text: str) -> tuple[_Opening, ...]:
    """Every `${name` in the text, also inside another one. A name with hyphens comes before its first part."""
    found: list[_Opening] = []
    start = text.find("${")
    while start >= 0:
        roots = (_HYPHENATED_ROOT.match(text, start + 2), _ROOT.match(text, start + 2))
        read = (_opening(text, start, root) for root in roots if root is not None)
        found.extend(opening for opening in read if opening is not None)
        start = text.find("${", start + 2)
    return tuple(found)


def _opening(text: str, start: int, root: re.Match[str]) -> _Opening | None:
    placeholder, suspect = _read_placeholder(text, start, root), None
    has_field = text.startswith(".", root.end())
    if placeholder is None and has_field:
        closing = text.find("}", start)
        suspect = (start, closing + 1 if closing >= 0 else len(text))
    if placeholder is None and suspect is None:
        return None
    return _Opening(root.group(), start, placeholder, suspect, has_field)


@lru_cache(maxsize=TEXTS_KEPT)
def mentioned_roots(text: str) -> frozenset[str]:
    """Every first name in `text`, as `${name…` or `$name`, also of unknown roots: the values to compute before
    rendering. A name that a field follows is there with its dot, too.
    """
    if "$" not in text:
        return frozenset()
    found: set[str] = set()
    for braced, hyphenated, dot, bare in _MENTION.findall(text):
        found |= {braced or bare, braced + hyphenated, braced + hyphenated + dot} - {""}
    return frozenset(found)


@lru_cache(maxsize=TEXTS_KEPT)
def roots_with_default(text: str) -> frozenset[str]:
    """The first names of all `${path:-default}` in `text`."""
    if ":-" not in text and "|default:" not in text:
        return frozenset()
    read = (opening.placeholder for opening in _openings(text))
    return frozenset(each.root for each in read if each is not None and each.default is not None)


def roots_of(names: Collection[str]) -> frozenset[str]:
    """The first components of variable names; of `build.exit_code` without a `build` it is `build.`."""
    return _roots_of(frozenset(names))


@lru_cache(maxsize=TEXTS_KEPT)
def _roots_of(known: frozenset[str]) -> frozenset[str]:
    firsts = {name.partition(".")[0] for name in known if "." in name}
    return frozenset(name for name in known if "." not in name) | {
        name if name in known else f"{name}." for name in firsts
    }


def _read_placeholder(text: str, start: int, root: re.Match[str]) -> Placeholder | None:
    path: list[PathPart] = [root.group()]
    position = root.end()
    while True:
        if match := _FIELD.match(text, position):
            path.append(match.group(1))
        elif match := _INDEX.match(text, position):
            path.append(int(match.group(1)))
        elif match := _QUOTED_FIELD.match(text, position):
            path.append(match.group(1) if match.group(1) is not None else match.group(2))
        else:
            break
        position = match.end()
    if text.startswith("}", position):
        return Placeholder(text[start : position + 1], tuple(path), None, None, start, position + 1)
    if formatted := _FORMAT.match(text, position):
        end = formatted.end()
        return Placeholder(text[start:end], tuple(path), None, formatted.group(1), start, end)
    for introduction in (":-", "|default:"):
        if text.startswith(introduction, position):
            opening = position + len(introduction)
            closing = _closing_brace(text, opening)
            if closing is None:
                return None
            default = _without_quotes(text[opening:closing])
            return Placeholder(text[start : closing + 1], tuple(path), default, None, start, closing + 1)
    return None


def _closing_brace(text: str, position: int) -> int | None:
    depth = 0
    while position < len(text):
        if text.startswith("${", position):
            depth += 1
            position += 1
        elif text[position] == "}":
            if depth == 0:
                return position
            depth -= 1
        elif text[position] == "\n":
            return None
        position += 1
    return None


def _without_quotes(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"" and text[0] not in text[1:-1]:
        return text[1:-1]
    return text
