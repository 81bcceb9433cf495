"""One commit as git stores it: its tree and parents, or what is wrong with it."""

from __future__ import annotations

import re

from prodigy_action.pure.git_objects.trees import MalformedObject

_LAST_SECOND = 1 << 63
_SIGNATURE = rb"[^<>\n]* <[^<>\n]*> (?P<%s_seconds>0|[1-9][0-9]{0,19}) [+-][0-9]{4}"
_HEADERS = re.compile(
    rb"tree (?P<tree>[0-9a-f]{40})\n(?P<parents>(?:parent [0-9a-f]{40}\n)*)"
    rb"author (?!<)" + _SIGNATURE % b"author" + rb"\ncommitter (?!<)" + _SIGNATURE % b"committer" + rb"\n"
)


def commit_links(content: bytes) -> tuple[str, tuple[str, ...]]:
    """The tree and the parents of a commit. Raises `MalformedObject` for what `git fsck --strict` refuses."""
    headers = _HEADERS.match(content)
    if headers is None:
        raise MalformedObject("a commit's headers are not those that git writes")
    rest = content[headers.end() :]
    if b"\0" in rest:
        raise MalformedObject("a commit's message holds a NUL byte")
    if any(int(headers[f"{who}_seconds"]) >= _LAST_SECOND for who in ("author", "committer")):
        raise MalformedObject("a commit's date is out of range")
    parents = tuple(line.removeprefix(b"parent ").decode() for line in headers["parents"].splitlines())
    return headers["tree"].decode(), parents
