"""The commits that other jobs of a run have made: taken into a repository of their own, checked, and packed again.

A report comes from another machine. What is wrong with its commits must show before anything else uses them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prodigy_action.adapters.checkpoints.restore import BUNDLE
from prodigy_action.adapters.files.below import open_below
from prodigy_action.adapters.git.calls import GitCalls, decode, lines_said
from prodigy_action.adapters.git.commit_check import CommitCheck
from prodigy_action.adapters.git.config_text import config_text
from prodigy_action.adapters.git.object_packs import join_packs
from prodigy_action.adapters.git.objects import GitObjects
from prodigy_action.adapters.repository.private_repository import lay_out
from prodigy_action.errors import GitFailed, JournalCorrupt, ReportRefused
from prodigy_action.model.events import AgentFinished, KeptObjects, KeptRef, StartKept
from prodigy_action.model.git import Checkout
from prodigy_action.pure.git_objects.bundles import bundle_header
from prodigy_action.pure.journal.shard_report import stands_on
from prodigy_action.pure.text.cutting import cut_start
from prodigy_action.pure.text.masking import Masker

_LONGEST_HEADER = 1 << 27
"""Bytes: a million references of a hundred bytes."""
_SETTINGS = (("core.bare", "true"), ("gc.auto", "0"), ("maintenance.auto", "false"))


class ShardObjects:
    """The repository for commits of other jobs. Every method blocks, and raises `ReportRefused` for what is wrong."""

    def __init__(self, root: Path, git: GitCalls, check: CommitCheck) -> None:
        self._root = root
        self._git = git
        self._check = check
        self._joined = 0

    def take_plan(self, directory: Path, base: str, start: StartKept, target: Path) -> int | None:
        """Take what setup committed on top of `base`, and write it as the pack `target`; its size, or None when setup
        committed nothing.
        """
        if self._git.attempt("cat-file", "-e", f"{base}^{{commit}}").status != 0:
            raise ReportRefused(f"it starts from {base[:12]}, which this checkout does not have")
        if start.start_sha == base:
            return None
        with _refusing():
            self._take(directory, [] if start.kept is None else [start.kept], base)
            self._check_all(base, [start.start_sha])
            (Path(self._git.cwd) / "refs/heads/start").write_text(f"{start.start_sha}\n")
            return self._pack([start.start_sha], base, target)

    def take_shard(self, directory: Path, start: str, ends: Sequence[AgentFinished], target: Path) -> int | None:
        """Take what the items of a shard committed on top of `start`, and write it as the pack `target`; its size, or
        None when they committed nothing.
        """
        heads = [end.head for end in ends if end.commits and end.head is not None]
        refs = [ref for end in ends for ref in end.refs if ref.kept_as is not None]
        if not heads and not refs:
            return None
        objects = [*heads, *(ref.object_id for ref in refs)]
        with _refusing():
            self._take(directory, [*(end.kept for end in ends if end.kept is not None), *_packs_of(refs)], start)
            asked = "".join(f"{head}\n" for head in heads) + f"^{start}\n"
            listed = self._git.text("rev-list", "--parents", "--stdin", stdin=asked.encode())
            parents = {words[0]: words[1:] for words in map(str.split, lines_said(listed))}
            stands_on(ends, start, parents)
            self._check_all(start, objects)
            return self._pack(objects, start, target)

    def _take(self, directory: Path, kept: Sequence[KeptObjects], stands: str) -> None:
        if _is_there(directory, BUNDLE):
            header = bundle_header(_header_of(directory))
            if header is None:
                raise ReportRefused(f"{BUNDLE} is no whole git bundle")
            if stands not in header.prerequisites:
                raise ReportRefused(f"{BUNDLE} does not stand on {stands[:12]}")
            self._git.run("bundle", "unbundle", str(directory / BUNDLE))
        there = {name for name in {each.file for each in kept} if _is_there(directory, name)}
        pieces = dict.fromkeys((directory / each.file, each.offset, each.size) for each in kept if each.file in there)
        if pieces:
            self._joined += 1
            joined = self._root / f"repository/objects/pack/pack-joined-{self._joined}.pack"
            with joined.open("xb") as target:
                join_packs(pieces, target)
            self._git.run("index-pack", str(joined))

    def _check_all(self, base: str, objects: Sequence[str]) -> None:
        wanted = "".join(f"{name}\n" for name in (*objects, f"^{base}"))
        self._git.run("rev-list", "--objects", "--quiet", "--stdin", stdin=wanted.encode())
        self._check.check_all(base, objects)

    def _pack(self, objects: Sequence[str], base: str, target: Path) -> int:
        wanted = "".join(f"{name}\n" for name in (*objects, f"^{base}"))
        options = ("-c", "pack.useBitmaps=false", "pack-objects", "--revs", "--quiet", "--delta-base-offset")
        name = decode(self._git.run(*options, str(self._root / "taken"), stdin=wanted.encode())).strip()
        (self._root / f"taken-{name}.pack").rename(target)
        return target.stat().st_size


@contextmanager
def shard_objects(checkout: Checkout, root: Path, secrets: Masker | None) -> Iterator[ShardObjects]:
    """A repository below the directory `root`, which borrows the objects of the checkout. Blocks.

    Commits with one of the `secrets` are refused.
    """
    git_dir = str(root / "repository")
    shallow = Path(checkout.common_dir, "shallow")
    lay_out(
        git_dir,
        config=config_text(_SETTINGS).encode(),
        packed_refs=f"# pack-refs with: sorted \n{checkout.head} refs/heads/checkout\n".encode(),
        shallow=shallow.read_bytes() if shallow.exists() else b"",
        excludes=b"",
        lenders=f"{checkout.common_dir}/objects",
    )
    Path(git_dir, "HEAD").write_text("ref: refs/heads/none\n")
    git = GitCalls(cwd=git_dir, git_dir=git_dir)
    objects = GitObjects(git, f"{git_dir}/objects")
    try:
        yield ShardObjects(root, git, CommitCheck(git, objects, str(root), (checkout.head,), secrets))
    finally:
        objects.close()


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (GitFailed, JournalCorrupt, OSError) as error:
        said = (lines_said(error.stderr.strip()) if isinstance(error, GitFailed) else []) or [str(error)]
        raise ReportRefused(f"its commits are damaged or incomplete: {cut_start(said[-1], 300)}") from error


def _packs_of(refs: Sequence[KeptRef]) -> list[KeptObjects]:
    return [ref.kept for ref in refs if ref.kept is not None]


def _is_there(directory: Path, name: str) -> bool:
    try:
        os.close(open_below(directory, name, os.O_RDONLY))
    except FileNotFoundError:
        return False
    return True


def _header_of(directory: Path) -> bytes:
    with open(open_below(directory, BUNDLE, os.O_RDONLY), "rb") as bundle:
        lines: list[bytes] = []
        left = _LONGEST_HEADER
        while left > 0 and (line := bundle.readline(left)).endswith(b"\n"):
            if line == b"\n":
                return b"".join(lines).removesuffix(b"\n")
            lines.append(line)
            left -= len(line)
        return b""
