"""The first lines of a git bundle: what it stands on."""

from __future__ import annotations

import re

from prodigy_action.dataclass import dataclass

_SIGNATURE = re.compile(rb"# v[23] git bundle")
_CAPABILITY = re.compile(rb"@object-format=sha(1|256)")
_PREREQUISITE = re.compile(rb"-([0-9a-f]{40}|[0-9a-f]{64})( .*)?")
_REFERENCE = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) \S+")


@dataclass(frozen=True, slots=True)
class BundleHeader:
    """The commits that must be there before the bundle is used."""

    prerequisites: tuple[str, ...]


def bundle_header(text: bytes) -> BundleHeader | None:
    """The header of a bundle, `text` up to the first empty line; None when it is no header of a whole bundle."""
    signature, *lines = text.split(b"\n")
    if not _SIGNATURE.fullmatch(signature):
        return None
    found: list[str] = []
    for line in lines:
        wanted = _PREREQUISITE.fullmatch(line)
        if wanted is not None:
            found.append(wanted[1].decode())
        elif not (_CAPABILITY.fullmatch(line) or _REFERENCE.fullmatch(line)):
            return None
    return BundleHeader(tuple(found))
