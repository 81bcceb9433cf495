"""Ways to break a workflow file, each of which a seeded random number generator decides."""

from __future__ import annotations

import random
from collections.abc import Callable

from prodigy_action.inputs.documents.source_text import SIZE_LIMIT
from tests.workflows.snapshots import VALID

FILES = [(path.name, path.read_bytes()) for path in VALID]
SECONDS = 2.0
WRONG_VALUES = (
    b"[]",
    b"{}",
    b"~",
    b"-1",
    b"1e999",
    b"[[[[]]]]",
    b"{a: {b: c}}",
    b"true",
    b"'",
    b'"\\q"',
    b"*x",
    b"!t x",
)
INSERTS = (
    b"\x00",
    b"\x1b[2J",
    b"\t",
    b"\xff\xfe",
    b"\xc3",
    b"---\n",
    b"&a ",
    b"*a",
    b"<<: ",
    b"? ",
    b"%",
    b"@",
    b"${",
    b"\xe2\x80\xa8",
)

Mutation = Callable[[bytes, random.Random], bytes]


def truncated(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def wrong_value(content: bytes, rng: random.Random) -> bytes:
    places = [index for index in range(len(content)) if content[index : index + 2] == b": "]
    if not places:
        return content
    place = rng.choice(places) + 2
    end = min((found for mark in (b"\n", b",", b"}") if (found := content.find(mark, place)) >= 0), default=place)
    return content[:place] + rng.choice(WRONG_VALUES) + content[end:]


def swapped_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


def shifted_line(content: bytes, rng: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    index = rng.randrange(len(lines))
    lines[index] = rng.choice((b" ", b"   ", b"\t", b"- ")) + lines[index]
    return b"".join(lines)


def inserted(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content))
    return content[:place] + rng.choice(INSERTS) + content[place:]


def flipped_bytes(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randrange(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def nested(content: bytes, rng: random.Random) -> bytes:
    opening = rng.choice((b"[", b"{a: ", b"- ", b"? ", b"&a [", b'{"a":'))
    return content + b"\nx: " + opening * rng.choice((70, 5_000, 100_000))


def repeated(content: bytes, rng: random.Random) -> bytes:
    return content * rng.choice((2, 50, 10_000))


def reencoded(content: bytes, rng: random.Random) -> bytes:
    encoding = rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp037", "utf-7"))
    return content.decode("utf-8").encode(encoding, "replace")


def oversized(content: bytes, rng: random.Random) -> bytes:
    return content + b"#" + b"x" * (SIZE_LIMIT + rng.randrange(-2_000, 2))


def binary(content: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(1, 3_000))


def aliased(content: bytes, rng: random.Random) -> bytes:
    levels = rng.choice((3, 9, 60))
    lines = [b"x-0: &l0 [a, b]"]
    lines += [b"x-%d: &l%d [%s]" % (n, n, b", ".join([b"*l%d" % (n - 1)] * 9)) for n in range(1, levels)]
    return b"\n".join(lines) + b"\n" + content


MUTATIONS: tuple[Mutation, ...] = (
    truncated,
    wrong_value,
    swapped_lines,
    shifted_line,
    inserted,
    flipped_bytes,
    nested,
    repeated,
    reencoded,
    oversized,
    binary,
    aliased,
)
