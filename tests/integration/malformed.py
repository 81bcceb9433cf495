"""Commits that git's own commands would not make, written object by object; run in a worktree as `KIND`."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

FILE, LINK, TREE, SUBMODULE = b"100644", b"120000", b"40000", b"160000"
WHO = b"agent <agent@example.org> 1700000000 +0000"
ABSENT = "1234567890" * 4

Entries = list[tuple[bytes, bytes, str]]


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def write(kind: bytes, content: bytes, *, head: bytes | None = None) -> str:
    whole = (kind + b" %d\0" % len(content) if head is None else head) + content
    object_id = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    path = Path(git("rev-parse", "--git-path", f"objects/{object_id[:2]}/{object_id[2:]}"))
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(zlib.compress(whole, 1))
    return object_id


def tree(entries: Entries) -> str:
    return write(b"tree", b"".join(b"%s %s\0" % (mode, name) + bytes.fromhex(of) for mode, name, of in entries))


def blob(content: bytes = b"new\n") -> str:
    return write(b"blob", content)


def present() -> Entries:
    listed = git("ls-tree", "HEAD").splitlines()
    facts = (line.split(None, 3) for line in listed)
    return [(mode.lstrip("0").encode(), name.encode(), of) for mode, _, of, name in facts]


def with_entry(mode: bytes, name: bytes, of: str | None = None) -> str:
    added = (mode, name, blob() if of is None else of)
    return tree(sorted([*present(), added], key=lambda each: each[1] + b"/" * (each[0] == TREE)))


def commit(tree_id: str, *, author: bytes = WHO, message: bytes = b"change\n", headers: bytes = b"") -> str:
    parent = git("rev-parse", "HEAD").encode()
    parts = (tree_id.encode(), parent, author, headers, WHO, message)
    return write(b"commit", b"tree %s\nparent %s\nauthor %s\n%scommitter %s\n\n%s" % parts)


def misnamed() -> str:
    """A file under the name of another one that is nowhere."""
    object_id = blob(b"one content\n")
    path = Path(git("rev-parse", "--git-path", f"objects/{object_id[:2]}/{object_id[2:]}"))
    path.write_bytes(zlib.compress(b"blob 6\0other\n", 1))
    return object_id


def bomb(levels: int = 12, width: int = 40) -> str:
    below = tree([(FILE, b"leaf", blob())])
    for _ in range(levels):
        below = tree([(TREE, b"d%02d" % number, below) for number in range(width)])
    return below


def nested(depth: int, name: bytes = b"d") -> str:
    below = tree([(FILE, b"leaf", blob())])
    for _ in range(depth):
        below = tree([(TREE, name, below)])
    return below


def reversed_tree() -> str:
    return tree(list(reversed(present())))


def inner(mode: bytes, name: bytes, of: str | None = None) -> str:
    return with_entry(TREE, b"inner", tree([(mode, name, blob() if of is None else of)]))


BAD_NAMES = {
    "dot-git": b".git",
    "dot-git-in-capitals": b".GIT",
    "dot-git-with-dots": b".git. .",
    "dot-git-as-stream": b".git::$INDEX_ALLOCATION",
    "dot-git-behind-backslash": b"a\\.git",
    "dot-git-with-ignored-character": b".g\xe2\x80\x8cit",
    "short-name": b"git~1",
    "dot": b".",
    "dot-dot": b"..",
    "empty-name": b"",
    "slash": b"a/b",
    "long-name": b"n" * 5_000,
    "name-of-256-bytes": b"n" * 256,
}
TREES: dict[str, Callable[[], str]] = {
    **{kind: lambda name=name: with_entry(FILE, name) for kind, name in BAD_NAMES.items()},  # type: ignore[misc]  # bound now
    **{f"{kind}-below": lambda name=name: inner(FILE, name) for kind, name in BAD_NAMES.items()},  # type: ignore[misc]
    "dot-git-directory": lambda: inner(TREE, b".git", tree([(FILE, b"config", blob())])),
    "gitmodules-as-link": lambda: with_entry(LINK, b".gitmodules", blob(b"a.txt")),
    "gitmodules-short-name-as-link": lambda: with_entry(LINK, b"gi7eba~1", blob(b"a.txt")),
    "gitmodules-as-directory": lambda: with_entry(TREE, b".gitmodules", tree([(FILE, b"x", blob())])),
    "gitmodules-as-submodule": lambda: with_entry(SUBMODULE, b".gitmodules", git("rev-parse", "HEAD")),
    "gitmodules-with-option": lambda: with_entry(
        FILE, b".gitmodules", blob(b'[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch\n')
    ),
    "gitmodules-that-climbs": lambda: inner(
        FILE, b".gitmodules", blob(b'[submodule "../../x"]\n\tpath = x\n\turl = https://example.org/x\n')
    ),
    "commit-for-a-file": lambda: with_entry(FILE, b"new", git("rev-parse", "HEAD")),
    "directory-for-a-file": lambda: with_entry(FILE, b"new", git("rev-parse", "HEAD^{tree}")),
    "file-for-a-directory": lambda: with_entry(TREE, b"new", git("rev-parse", "HEAD:a.txt")),
    "missing-file": lambda: with_entry(FILE, b"new", ABSENT),
    "missing-directory": lambda: with_entry(TREE, b"new", ABSENT),
    "missing-file-below": lambda: inner(FILE, b"new", ABSENT),
    "no-object": lambda: with_entry(FILE, b"new", "0" * 40),
    "unsorted": reversed_tree,
    "twice": lambda: tree([*present(), present()[-1]]),
    "file-and-directory": lambda: tree(sorted([*present(), (TREE, b"a.txt", tree([]))], key=lambda each: each[1])),
    "zero-padded-mode": lambda: with_entry(b"0100644", b"new"),
    "group-writable": lambda: with_entry(b"100664", b"new"),
    "device": lambda: with_entry(b"20644", b"new"),
    "no-mode": lambda: with_entry(b"", b"new"),
    "cut-off": lambda: write(b"tree", b"100644 a\0short"),
    "no-entries-at-all": lambda: write(b"tree", b"anything"),
    "false-size": lambda: write(b"tree", b"", head=b"tree 12\0"),
    "false-size-of-a-file": lambda: with_entry(FILE, b"new", write(b"blob", b"x", head=b"blob 12\0")),
    "other-content-than-its-name": lambda: with_entry(FILE, b"new", misnamed()),
    "no-such-type": lambda: write(b"", b"x", head=b"thing 1\0"),
    "no-commit": lambda: blob(),
    "absent-tree": lambda: ABSENT,
    "empty-link": lambda: with_entry(LINK, b"new", blob(b"")),
    "long-link": lambda: with_entry(LINK, b"new", blob(b"x" * 4_096)),
    "link-with-nul": lambda: with_entry(LINK, b"new", blob(b"a\0b")),
    "too-many-paths": lambda: with_entry(TREE, b"new", bomb()),
    "too-deep": lambda: with_entry(TREE, b"new", nested(1_500)),
    "too-long-a-path": lambda: with_entry(TREE, b"new", nested(20, b"d" * 250)),
}
COMMITS: dict[str, Callable[[], str]] = {
    "no-author": lambda: commit(git("rev-parse", "HEAD^{tree}"), author=b""),
    "author-without-address": lambda: commit(git("rev-parse", "HEAD^{tree}"), author=b"agent 1700000000 +0000"),
    "author-without-date": lambda: commit(git("rev-parse", "HEAD^{tree}"), author=b"agent <a@example.org>"),
    "date-out-of-range": lambda: commit(
        git("rev-parse", "HEAD^{tree}"), author=b"a <a@b.c> 99999999999999999999 +0000"
    ),
    "two-authors": lambda: commit(git("rev-parse", "HEAD^{tree}"), headers=b"author " + WHO + b"\n"),
    "nul-in-message": lambda: commit(git("rev-parse", "HEAD^{tree}"), message=b"a\0b\n"),
    "absent-parent": lambda: write(
        b"commit",
        b"tree %s\nparent %s\nparent %s\nauthor %s\ncommitter %s\n\nx\n"
        % (git("rev-parse", "HEAD^{tree}").encode(), git("rev-parse", "HEAD").encode(), ABSENT.encode(), WHO, WHO),
    ),
    "file-as-parent": lambda: write(
        b"commit",
        b"tree %s\nparent %s\nparent %s\nauthor %s\ncommitter %s\n\nx\n"
        % (git("rev-parse", "HEAD^{tree}").encode(), git("rev-parse", "HEAD").encode(), blob().encode(), WHO, WHO),
    ),
    "not-utf-8": lambda: write(b"commit", b"tree \xff\n"),
}
KINDS = (*TREES, *COMMITS)


def main(kind: str) -> None:
    made = commit(TREES[kind]()) if kind in TREES else COMMITS[kind]()
    head = Path(git("rev-parse", "--git-path", "HEAD")).read_text()
    name = head.removeprefix("ref: ").strip() if head.startswith("ref: ") else "HEAD"
    target = Path(git("rev-parse", "--git-path", name))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{made}\n")


if __name__ == "__main__":
    main(sys.argv[1])
