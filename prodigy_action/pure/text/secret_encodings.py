"""The forms in which tools commonly print a secret."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

SHORTEST_SECRET = 3
"""The least characters of a masked value, without white space at both ends. Shorter values occur in ordinary text."""
_PYTHON_QUOTES = ("'", "\\'")
_SHELL_QUOTES = ("'\"'\"'", "'\\''")
_SHORTEST_BASE64 = 6
"""The least characters of base64 that depend on the secret alone; fewer occur by chance."""


def encodings_of(secret: str) -> Iterator[str]:
    """The value and its encodings; the same one may come more than once."""
    values = {secret, secret.strip(), *(line.strip() for line in secret.splitlines())}
    for value in values:
        if len(value.strip()) < SHORTEST_SECRET:
            continue
        yield value
        printed = [repr(part)[1:-1] for part in value.split("'")]
        yield from (quoting.join(printed) for quoting in _PYTHON_QUOTES)
        yield from (quoting.join(value.split("'")) for quoting in _SHELL_QUOTES)
        yield json.dumps(value)[1:-1]
        yield json.dumps(value, ensure_ascii=False)[1:-1]
        yield html.escape(value)
        yield html.escape(value).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
        yield html.escape(value).replace("&#x27;", "&apos;")
        yield quote(encoded(value), safe="")
        yield quote(encoded(value))
        yield quote_plus(encoded(value))
        yield from _base64_encodings(encoded(value))


def encoded(text: str) -> bytes:
    """The bytes of a text; undecodable bytes are surrogate escapes."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _base64_encodings(value: bytes) -> Iterator[str]:
    """The characters of base64 that depend only on the secret, for each of its three possible offsets."""
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * offset + value)
            whole = 8 * (offset + len(value)) // 6  # only characters that do not depend on what follows the secret
            first = (0, 2, 3)[offset]
            if whole - first >= _SHORTEST_BASE64:
                yield text[first:whole].decode()
    if len(value) % 3 and 8 * len(value) // 6 >= _SHORTEST_BASE64:
        yield base64.b64encode(value).decode()
        yield base64.urlsafe_b64encode(value).decode()
