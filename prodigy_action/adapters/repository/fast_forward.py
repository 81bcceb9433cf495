"""Moving the user's checkout to the result: as a whole, or not at all.

Git itself writes the files first and the reference last, so that a lock, a full disk or a directory that cannot be
written leaves half of a result behind. Here the locks are tried first, and what git wrote before it failed is undone.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from prodigy_action.adapters.git.calls import Completed, GitCalls, decode, encode, inside, lines_said
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed
from prodigy_action.model.git import Checkout

_NAMED = 3
_OF_THE_USER = (
    "untracked working tree files",
    "local changes",
    "would lose untracked files",
    "not uptodate",
    "have not concluded",
    "unmerged files",
)
"""What git says when the user's own work is in the way: then the checkout is left alone on purpose."""


def move_to(theirs: GitCalls, checkout: Checkout, head: str, changed: Sequence[bytes]) -> tuple[str | None, str | None]:
    """Fast-forward the checkout to `head`, which changes the paths `changed`. Blocks.

    Returns why it was left alone, for the sake of the user's own work, and why it could not be moved. HEAD, index and
    files are then as they were. Raises `GitFailed`, `OSError`.
    """
    with _alone_on(checkout):
        if (why := _why_not(theirs, checkout, head)) is not None:
            return why, None
        if (locked := _why_locked(theirs, checkout, head)) is not None:
            return None, locked
        before = _Picture.of(checkout, changed)
        answer = _merge(theirs, head)
        if answer.status == 0 or _head(theirs) == head:
            return None, None
        of_the_user = any(words in answer.stderr for words in _OF_THE_USER)
        try:
            before.restore_git_files()
            if not of_the_user:  # in the other case git has checked everything and written nothing
                before.restore_places(theirs)
        except (OSError, GitFailed) as error:
            return None, f"{_reason(answer)}; and the files that git had written cannot be taken back: {error}"
        return (_reason(answer), None) if of_the_user else (None, _reason(answer))


@contextmanager
def _alone_on(checkout: Checkout) -> Iterator[None]:
    # git compares and swaps only after it has written the files: when two runs end at the same time, one must wait.
    directory = os.open(checkout.git_dir, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _head(theirs: GitCalls) -> str:
    return decode(theirs.attempt("rev-parse", "--verify", "--quiet", "HEAD").stdout).strip()


def _why_not(theirs: GitCalls, checkout: Checkout, head: str) -> str | None:
    now = _head(theirs)
    on = decode(theirs.attempt("symbolic-ref", "--quiet", "HEAD").stdout).strip().removeprefix("refs/heads/") or None
    if now != checkout.head or on != checkout.branch:
        return f"HEAD of the checkout moved during the run, from {checkout.head[:12]} to {now[:12] or 'nothing'}"
    if theirs.attempt("merge-base", "--is-ancestor", now, head).status != 0:
        return "the result does not contain the checkout's commit"
    return None


def _why_locked(theirs: GitCalls, checkout: Checkout, head: str) -> str | None:
    asked = f"start\nupdate HEAD {head} {checkout.head}\nprepare\nabort\n"
    answer = theirs.attempt("update-ref", "--stdin", stdin=asked.encode())
    return None if answer.status == 0 else _reason(answer)


def _merge(theirs: GitCalls, head: str) -> Completed:
    options = ("--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-verify-signatures", "--no-stat", "--quiet")
    return theirs.attempt("-c", "submodule.recurse=false", "merge", *options, head)


def _reason(answer: Completed) -> str:
    lines = lines_said(answer.stderr)
    files = [line.strip() for line in lines if line.startswith("\t")]
    named = ", ".join(repr(file) for file in files[:_NAMED]) + (" and others" if len(files) > _NAMED else "")
    if "untracked working tree files" in answer.stderr:
        return f"untracked or ignored files are in the way: {named}"
    if "local changes" in answer.stderr and files:
        return f"local changes would be lost: {named}"
    said = next((line for line in lines if line.startswith(("error:", "fatal:"))), lines[-1] if lines else "")
    return f"git refused to move the checkout: {said.partition(': ')[2] or said}"


@dataclass(frozen=True, slots=True)
class _Picture:
    """What a fast-forward may touch, as it was before."""

    root: bytes
    git_dir: Path
    files: dict[str, bytes | None]
    """Files of the git directory with their content; None for one that was not there."""
    places: dict[bytes, tuple[int, int, int] | None]
    """The changed paths and the directories on the way to them, with facts that change when a file is written."""

    @classmethod
    def of(cls, checkout: Checkout, changed: Sequence[bytes]) -> _Picture:
        """The picture of a checkout. Raises `OSError`."""
        root, git_dir = encode(checkout.path), Path(checkout.git_dir)
        places: dict[bytes, tuple[int, int, int] | None] = {}
        for path in changed:
            while path and path not in places:
                places[path] = _facts(inside(root, path))
                path = path.rpartition(b"/")[0]
        return cls(root, git_dir, {name: _content(git_dir / name) for name in ("index", "ORIG_HEAD")}, places)

    def restore_git_files(self) -> None:
        """Give the files of the git directory their content back. Raises `OSError`."""
        for name, content in self.files.items():
            self._restore_file(name, content)

    def restore_places(self, theirs: GitCalls) -> None:
        """Give what was written in the working tree its content and mode back. Raises `OSError`, `GitFailed`."""
        touched = [path for path, facts in self.places.items() if _differs(facts, _facts(inside(self.root, path)))]
        for path in sorted(touched, reverse=True):  # what is in a directory comes before it
            if self.places[path] is None:
                _remove(inside(self.root, path))
        again = [path for path in touched if (facts := self.places[path]) is not None and not _is_directory(facts)]
        if again:
            listed = b"".join(path + b"\0" for path in again)
            theirs.run("checkout-index", "--force", "--quiet", "-z", "--stdin", stdin=listed)

    def _restore_file(self, name: str, content: bytes | None) -> None:
        path = self.git_dir / name
        if _content(path) == content:
            return
        if content is None:
            path.unlink()
            return
        lock = path.with_name(f"{name}.lock")  # git's own way to replace the file, so that no other git is disturbed
        descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, path.stat().st_mode & 0o777)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
            lock.replace(path)
        except BaseException:
            lock.unlink(missing_ok=True)
            raise


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _facts(path: bytes) -> tuple[int, int, int] | None:
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_mode, found.st_ino, found.st_mtime_ns


def _is_directory(facts: tuple[int, int, int]) -> bool:
    return facts[0] & 0o170000 == 0o040000


def _differs(before: tuple[int, int, int] | None, now: tuple[int, int, int] | None) -> bool:
    if before is not None and now is not None and _is_directory(before) and _is_directory(now):
        return False  # the time of a directory changes with its entries
    return before != now


def _remove(path: bytes) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - bytes
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):
        with suppress(OSError):  # not empty: something else is in it
            os.rmdir(path)  # noqa: PTH106 - bytes
