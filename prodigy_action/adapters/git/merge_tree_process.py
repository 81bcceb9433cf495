"""Three-way merges in the object database, all by one git process: starting one takes longer than a merge."""

from __future__ import annotations

import os
import select
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from prodigy_action.adapters.cancellation import end_if_cancelled
from prodigy_action.adapters.git.calls import PATIENCE_SECONDS, Completed, GitCalls, decode, failure
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed
from prodigy_action.pure.text.reasons import reason_of

_ARGUMENTS = ("merge-tree", "--write-tree", "--no-messages", "-z")
_CLEAN = b"1"
_LAST_WORDS = 100
"""The most lines of standard error that are kept."""


@dataclass(frozen=True, slots=True)
class MergedTree:
    """The result of a merge. `entries` describe the conflicting files, as `MODE ID STAGE<tab>PATH`."""

    tree: str
    clean: bool
    entries: tuple[bytes, ...]

    @property
    def conflicting(self) -> tuple[bytes, ...]:
        """The paths of the conflicting files, each once."""
        return tuple(dict.fromkeys(entry.partition(b"\t")[2] for entry in self.entries))


class MergeProcess:
    """Merges commits of the repository of `git`; attributes are read in its working directory. Safe to share.

    The first merge starts the process, `close` ends it, and a later merge starts another one. Where git cannot be made
    to answer before its output fills a block, every merge has a process of its own.
    """

    def __init__(self, git: GitCalls, prepare: Callable[[], None] = lambda: None) -> None:
        """`prepare` is called before git is started."""
        self._git = git
        self._prepare = prepare
        self._unbuffered = shutil.which("stdbuf")
        self._process: Any = None
        self._last_words: deque[bytes] = deque(maxlen=_LAST_WORDS)
        self._listener = threading.Thread()
        self._lock = threading.Lock()

    def merge(self, ours: str, theirs: str) -> MergedTree:
        """The merge of two commits; git is killed when the caller is cancelled.

        Raises `GitFailed` when git cannot merge them at all.
        """
        if self._unbuffered is None:
            return self._merge_alone(ours, theirs)
        with self._lock:
            try:
                return self._ask(f"{ours} {theirs}\n".encode())
            except (OSError, EOFError) as error:
                raise failure(_ARGUMENTS, self._ended()) from error
            except BaseException:
                # The rest of an unread answer must not be taken for the next one, and nobody waits for it any more.
                self._kill()
                raise

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._ended()

    def _ask(self, question: bytes) -> MergedTree:
        if self._process is None:
            self._start()
        self._process.stdin.write(question)
        self._process.stdin.flush()
        answers: IO[bytes] = self._process.stdout
        _wait_for(answers)
        clean, tree = _section(answers) == _CLEAN, decode(_section(answers))
        return MergedTree(tree, clean, tuple(iter(lambda: _section(answers), b"")))

    def _start(self) -> None:
        self._prepare()
        try:
            self._process = self._git.start(*_ARGUMENTS, "--stdin", launcher=(str(self._unbuffered), "-o0"))
        except OSError as error:
            raise GitFailed(f"git could not be started: {reason_of(error)}", command=("git", *_ARGUMENTS)) from error
        self._last_words.clear()
        self._listener = threading.Thread(target=self._last_words.extend, args=(self._process.stderr,), daemon=True)
        self._listener.start()

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(OSError):
                os.killpg(self._process.proc.pid, signal.SIGKILL)
        self._ended()

    def _ended(self) -> Completed:
        process, self._process = self._process, None
        if process is None:
            return Completed(0, b"", "")
        try:
            process.stdin.close()
        except OSError:
            pass  # it has ended already
        status = process.proc.wait()
        self._listener.join()
        process.stdout.close()
        process.stderr.close()
        return Completed(status, b"", decode(b"".join(self._last_words)))

    def _merge_alone(self, ours: str, theirs: str) -> MergedTree:
        self._prepare()
        arguments = (*_ARGUMENTS, ours, theirs)
        answer = self._git.attempt(*arguments)
        if answer.status not in (0, 1) or not answer.stdout:
            raise failure(arguments, answer)
        tree, *entries = [part for part in answer.stdout.split(b"\0") if part]
        return MergedTree(decode(tree), answer.status == 0, tuple(entries))


def _wait_for(answers: IO[bytes]) -> None:
    """Wait until there is something to read, or the end of it. Raises the cancellation of the caller."""
    ready = select.poll()
    ready.register(answers, select.POLLIN)
    while not ready.poll(PATIENCE_SECONDS * 1000):
        end_if_cancelled()


def _section(stream: IO[bytes]) -> bytes:
    """The bytes before the next NUL. Raises `EOFError` when there is none."""
    read = bytearray()
    while (byte := stream.read(1)) != b"\0":
        if not byte:
            raise EOFError("the process ended before its answer did")
        read += byte
    return bytes(read)
