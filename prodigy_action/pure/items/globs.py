"""Globs of files, as a shell reads them, with `**` for any number of directories."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.templates.interpolation import Variables, render_glob
from prodigy_action.pure.templates.placeholders import parse_template, roots_of, roots_with_default
from prodigy_action.pure.text.cutting import cut

_MEANS_MANY = re.compile(r"(?<!\\)(?:[*?]|\[[^\]/]+\])")
_OF_A_SHELL = re.compile(r"[;|&<>$`()\"'#~=]")
"""What makes a text one that only a shell can read."""
_BRACES = re.compile(r"(?<!\\)\{([^{}]*,[^{}]*)\}")
_CLASS = re.compile(r"\[([!^]?)(\]?[^\]/]*)\]")
_RANGE = re.compile(r"(.)(?:-(.))?", re.DOTALL)
_BARE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_VALUE: Final = "\0"
"""What stands in the place of a placeholder while the text around it is read; no text of a workflow has it."""
MOST_PATTERNS: Final = 1000
"""How many patterns the braces of one glob may stand for."""
_SHOWN: Final = 80
"""The most characters of a glob in a message."""


def is_glob(word: str) -> bool:
    """Whether a word may mean several files."""
    return _MEANS_MANY.search(word) is not None


def globs_of(text: str, names: Collection[str] = ()) -> tuple[str, ...]:
    """The globs and paths that a text consists of, when the first of them is a glob; else none.

    A shell would run the first file that such a text matches. Placeholders of the variables `names` stay in the globs:
    what their values hold makes no glob, and no further word.
    """
    masked, placeholders = _masked(text, names)
    words = masked.split()
    if not words or not is_glob(words[0]) or _OF_A_SHELL.search(masked) or any(word.startswith("-") for word in words):
        return ()
    written = iter(placeholders)
    return tuple(re.sub(_VALUE, lambda _: next(written), word) for word in words)


def filled_globs(globs: Sequence[str], variables: Variables) -> tuple[str, ...]:
    """The globs with the values of their placeholders, which stand for themselves. Raises `UndefinedVariable`."""
    known = {**dict.fromkeys(roots_with_default(" ".join(globs)), ""), **variables}
    return tuple(render_glob(glob, known) for glob in globs)


def begins_with_glob(text: str, names: Collection[str] = ()) -> bool:
    """Whether a command begins with a glob: a shell runs the first file that it matches.

    The values of the variables `names` are no globs.
    """
    words = _masked(text, names)[0].split(maxsplit=1)
    return bool(words) and is_glob(words[0]) and not _OF_A_SHELL.search(words[0])


def _masked(text: str, names: Collection[str]) -> tuple[str, list[str]]:
    """The text with one sign for each placeholder, and the placeholders."""
    found: list[str] = []

    def hidden(placeholder: str) -> str:
        found.append(placeholder)
        return _VALUE

    def bare(match: re.Match[str]) -> str:
        return hidden(match[0]) if match[1] in names else match[0]

    template = parse_template(text.replace(_VALUE, ""), roots_of(names) | roots_with_default(text))
    pieces = (_BARE.sub(bare, each) if isinstance(each, str) else hidden(each.text) for each in template.segments)
    return "".join(pieces), found


def matching(paths: Sequence[str], globs: Sequence[str]) -> list[str]:
    """Those of the paths that one of the globs matches, in code point order.

    `*` and `?` match no `/` and, at the start of a name, no dot. A glob that ends with `/` matches the directories of
    the paths. Raises `ExpressionError` for braces that stand for more than `MOST_PATTERNS` globs.
    """
    found: set[str] = set()
    for pattern in (each for glob in globs for each in _expanded(glob.removeprefix("./"))):
        wanted = re.compile(_regex(pattern.rstrip("/")), re.DOTALL)
        candidates = _directories(paths) if pattern.endswith("/") else paths
        found.update(path for path in candidates if wanted.fullmatch(path))
    return sorted(found)


def _directories(paths: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        directory = path.rpartition("/")[0]
        while directory and directory not in found:
            found.add(directory)
            directory = directory.rpartition("/")[0]
    return found


def _expanded(glob: str) -> Iterator[str]:
    pending, given = [glob], 0
    while pending:
        pattern = pending.pop()
        braces = _BRACES.search(pattern)
        if braces is None:
            given += 1
            yield pattern
            continue
        pending.extend(pattern[: braces.start()] + each + pattern[braces.end() :] for each in braces[1].split(","))
        if given + len(pending) > MOST_PATTERNS:
            shown = cut(glob, _SHOWN)
            message = f"the braces of {shown!r} stand for more than {MOST_PATTERNS:,} globs"
            raise ExpressionError(message, end=len(glob), hint="write a list of globs, or a command")


def _regex(pattern: str) -> str:
    parts: list[str] = []
    segments = pattern.split("/")
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        if segment == "**":
            parts.append(r"(?:(?!\.)[^/]+/)*(?!\.)[^/]+" if last else r"(?:(?!\.)[^/]+/)*")
            continue
        parts.append(_segment(segment) + ("" if last else "/"))
    return "".join(parts)


def _segment(segment: str) -> str:
    pieces = [r"(?!\.)"] if segment[:1] in ("*", "?", "[") else []
    at = 0
    while at < len(segment):
        sign = segment[at]
        group = _CLASS.match(segment, at) if sign == "[" else None
        one_of = None if group is None else _ranges(group[2])
        if sign == "\\" and at + 1 < len(segment):
            pieces.append(re.escape(segment[at + 1]))
            at += 2
        elif group is not None and one_of:
            pieces.append(f"(?!/)[{'^' if group[1] else ''}{one_of}]")
            at = group.end()
        else:
            pieces.append("[^/]*" if sign == "*" else "[^/]" if sign == "?" else re.escape(sign))
            at += 1
    return "".join(pieces)


def _ranges(inner: str) -> str | None:
    """What stands between the brackets, for a regular expression; None when a range of it runs backwards."""
    found = [(first, last or first) for first, last in _RANGE.findall(inner)]
    if any(last < first for first, last in found):
        return None
    return "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in found)
