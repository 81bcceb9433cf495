"""From a character of a scalar's value back to the character of the file that says it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodigy_action.inputs.documents.located_tree import ScalarNode

_FOLD = re.compile(r"[ \t]*(?:\r\n|[\r\n\x85\u2028\u2029])[ \t\r\n\x85\u2028\u2029]*")
_ESCAPE = re.compile(r"\\(?:x.{2}|u.{4}|U.{8}|(?:\r\n|[\r\n])[ \t]*|.)", re.DOTALL)
_HEADER = re.compile(r"[|>][-+0-9]*[^\r\n]*(?:\r\n|[\r\n])")


def source_span(offsets: Sequence[int] | None, node: ScalarNode, start: int, end: int) -> tuple[int, int]:
    """File offsets of the characters `start` to `end` (exclusive) of the node's value.

    `start` may be the value's length (something is missing at the end). The whole scalar without offsets.
    """
    if offsets is None:
        return node.start, node.end
    last = len(offsets) - 1
    first = offsets[min(max(start, 0), last)]
    if end <= start:
        return first, first + 1
    return first, max(offsets[min(end, last)] if end <= last else offsets[last], first + 1)


def scalar_offsets(text: str, node: ScalarNode) -> list[int] | None:
    """The file offset of each character of a node's value, and of the place after its last one.

    None when the value cannot be found in the notation of the scalar.
    """
    if node.style in {"|", ">"}:
        return _block(text, node)
    start, end = (node.start + 1, node.end - 1) if node.style else (node.start, node.end)
    if node.style and text[node.start : node.start + 1] != node.style:
        return None  # an anchor or a tag stands before the quote
    if not node.style and text[start:end] != node.text and text[start : start + 1] in "&!":
        return None
    offsets: list[int] = []
    value = node.text
    at = start
    while at < end and len(offsets) <= len(value):
        fold = _FOLD.match(text, at, end)
        if fold and fold.end() > at and re.search(r"[\r\n\x85\u2028\u2029]", fold.group()):
            breaks = len(re.findall("\r\n|[\r\n\x85\u2028\u2029]", fold.group()))
            offsets.extend([at] * max(1, breaks - 1))
            at = fold.end()
            continue
        escape = _ESCAPE.match(text, at, end) if node.style == '"' else None
        if escape:
            surrogates = text.startswith("\\u", at) and text[at + 2 : at + 4].lower() in {"d8", "d9", "da", "db"}
            if escape.group()[1] not in "\r\n":
                offsets.append(at)
            at = escape.end() + (6 if surrogates else 0)
            continue
        offsets.append(at)
        at += 2 if node.style == "'" and text.startswith("''", at) else 1
    if len(offsets) != len(value):
        return None
    return [*offsets, end]


def _block(text: str, node: ScalarNode) -> list[int] | None:
    header = _HEADER.match(text, node.start)
    if header is None:
        return None
    body = text[header.end() : node.end]
    lines = list(re.finditer(r"[^\r\n]*(?:\r\n|[\r\n]|$)", body))
    indicator = re.search(r"[0-9]", header.group().split("#")[0])
    indents = [len(line.group()) - len(line.group().lstrip(" ")) for line in lines if line.group().strip()]
    if not indents:
        return None
    indent = indents[0] if indicator is None else min(indents)
    offsets: list[int] = []
    value = node.text
    for line in lines:
        content = line.group().rstrip("\r\n")
        base = header.end() + line.start()
        if node.style == ">" and offsets and content.strip():
            # the break before this line was folded into at most one character
            while (
                len(offsets) < len(value)
                and value[len(offsets)] in " \n"
                and value[len(offsets)] != content[indent:][:1]
            ):
                offsets.append(base - 1)
        for column, character in enumerate(content[indent:]):
            if len(offsets) >= len(value) or value[len(offsets)] != character:
                return None
            offsets.append(base + indent + column)
        if node.style == "|" and len(offsets) < len(value) and value[len(offsets)] == "\n":
            offsets.append(base + len(content))
    last = offsets[-1] + 1 if offsets else header.end()
    offsets.extend([last] * (len(value) - len(offsets)))
    return [*offsets, last]
