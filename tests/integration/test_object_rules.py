"""The rules for trees and commits agree with `git fsck --strict`, on generated content."""

from __future__ import annotations

import hashlib
import random
import re
import subprocess
import zlib
from pathlib import Path

from prodigy_action.pure.git_objects.commits import commit_links
from prodigy_action.pure.git_objects.trees import MalformedObject, tree_entries
from tests.support.git import clean_environ, git, make_repository

SEED = 20_261_127
NAMES = (
    b"a", b"a.b", b"a-b", b"b", b"z", b".", b"..", b"", b".git", b".GiT", b".git ", b".git.", b".git. . ",
    b".git:x", b".gitx",
    b"git~1", b"GIT~1.", b"git~2", b"a\\.git", b"a\\git~1\\b", b"a\\b", b".g\xe2\x80\x8cit",
    b"\xef\xbb\xbf.git", b".gi\xe2t", b"\xff",
    b".gitignore", b"a/b", b"con", b"a:b", b"~1", b"gitmod~5", b"x" * 255, b"new\nline",
)  # fmt: skip
MODULES = (
    b".gitmodules",
    b".GITmodules",
    b".gitmodules .",
    b"gitmod~1",
    b"gi7eba~1",
    b"gi7d29~1",
    b"gi7eb~12",
    b"gi7~1",
)
MODES = (b"100644", b"100644", b"100755", b"120000", b"40000", b"160000")
ODD_MODES = (b"040000", b"0100644", b"100664", b"100600", b"20644", b"0", b"")
OURS_ALONE = re.compile("which git does not write|is no regular file")
"""Git fails for some of these only when it meets them again, or reports them as a hint."""


def store(repository: Path, kind: bytes, content: bytes) -> str:
    whole = kind + b" %d\0" % len(content) + content
    object_id = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    path = repository / f".git/objects/{object_id[:2]}/{object_id[2:]}"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_bytes(zlib.compress(whole, 1))
    return object_id


def refused_by_git(repository: Path) -> set[str]:
    command = ["git", "fsck", "--strict", "--no-dangling", "--full"]
    done = subprocess.run(command, cwd=repository, capture_output=True, env=clean_environ(), check=False)
    output = done.stdout + done.stderr
    return {found.decode() for found in re.findall(rb"^error.*?([0-9a-f]{40})", output, re.MULTILINE)}


def problem(rule: object, content: bytes) -> str | None:
    assert callable(rule)
    try:
        rule(content)
    except MalformedObject as error:
        return str(error)
    return None


def test_trees(tmp_path: Path) -> None:
    seed = random.Random(SEED)  # noqa: S311 - the same data every time
    repository = make_repository(tmp_path / "repository", {"file": "file\n", "directory/file": "file\n"})
    ids = {
        mode: git(repository, "rev-parse", f"HEAD:{'directory' if mode.endswith(b'40000') else 'file'}")
        for mode in (*MODES, *ODD_MODES)
    }
    ids[b"160000"] = git(repository, "rev-parse", "HEAD")
    contents: dict[str, bytes] = {}
    for _ in range(4_000):
        modes = MODES if seed.random() < 0.9 else ODD_MODES
        entries = [
            (seed.choice(modes), seed.choice(NAMES if seed.random() < 0.9 else MODULES))
            for _ in range(seed.randrange(1, 5))
        ]
        if seed.random() < 0.9:
            entries.sort(key=lambda entry: entry[1] + b"/" * (entry[0] == b"40000"))
        content = b"".join(b"%s %s\0" % (mode, name) + bytes.fromhex(ids[mode]) for mode, name in entries)
        if seed.random() < 0.05:
            content = content[: seed.randrange(len(content))]
        if content:
            contents[store(repository, b"tree", content)] = content
    by_git = refused_by_git(repository)
    ours = {object_id: found for object_id, content in contents.items() if (found := problem(tree_entries, content))}
    assert {object_id: contents[object_id] for object_id in by_git & contents.keys() - ours.keys()} == {}
    alone = {object_id: found for object_id, found in ours.items() if object_id not in by_git}
    assert {
        object_id: (found, contents[object_id]) for object_id, found in alone.items() if not OURS_ALONE.search(found)
    } == {}
    assert 200 < len(ours) < len(contents) - 200


def test_commits(tmp_path: Path) -> None:
    seed = random.Random(SEED)  # noqa: S311 - the same data every time
    repository = make_repository(tmp_path / "repository", {"file": "file\n"})
    tree = git(repository, "rev-parse", "HEAD^{tree}").encode()
    parent = git(repository, "rev-parse", "HEAD").encode()
    people = (
        b"A <a@b> 1 +0000", b"A B <a@b> 1700000000 -0330", b"A <> 0 +0000", b" <a@b> 1 +0000",
        b"<a@b> 1 +0000", b"A a@b 1 +0000", b"A <a@b>1 +0000", b"A<a@b> 1 +0000",
        b"A <a@b> 01 +0000", b"A <a@b> -1 +0000", b"A <a@b> x +0000", b"A <a@b> 1 0000",
        b"A <a@b> 1 +000", b"A <a@b> 1 +00000", b"A <a@b>", b"A <a<b> 1 +0000",
        b"A> <a@b> 1 +0000", b"A <a@b> 18446744073709551616 +0000", b"A <a@b> 9223372036854775808 +0000",
        b"\xff <\xff> 1 +0000", b"",
    )  # fmt: skip
    contents: dict[str, bytes] = {}
    for _ in range(2_000):
        lines = [b"tree " + tree, *[b"parent " + parent] * seed.randrange(3)]
        sound = seed.random() < 0.4
        lines += [b"author " + seed.choice(people[:3] if sound else people), b"committer " + seed.choice(people[:3])]
        lines += seed.choice(([], [], [b"encoding latin1"], [b"gpgsig -----", b" x"], [b"odd"]))
        if seed.random() < 0.1:
            lines.insert(seed.randrange(len(lines)), seed.choice(lines))
        if seed.random() < 0.1:
            del lines[seed.randrange(len(lines))]
        content = b"\n".join(lines) + seed.choice((b"\n\nmessage\n", b"\n\n", b"\n\na\0b\n"))
        contents[store(repository, b"commit", content)] = content
    by_git = refused_by_git(repository)
    ours = {object_id: found for object_id, content in contents.items() if (found := problem(commit_links, content))}
    assert {contents[object_id] for object_id in by_git & contents.keys() - ours.keys()} == set()
    assert {contents[object_id]: ours[object_id] for object_id in ours.keys() - by_git} == {}
    assert 100 < len(ours) < len(contents) - 100
