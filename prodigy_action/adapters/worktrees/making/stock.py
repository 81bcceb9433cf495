"""The files of a template: a process of its own copies them into each slot, and reads no object again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock

from prodigy_action.adapters.cancellation import end_if_cancelled
from prodigy_action.adapters.git.calls import encode
from prodigy_action.adapters.git.conversions import conversions_of
from prodigy_action.adapters.git.trees import changes_between
from prodigy_action.adapters.processes.companions import forget_companion, note_companion
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.processes.standard_input import feed
from prodigy_action.adapters.repository.disk_room import free_bytes
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.adapters.worktrees.making import copier
from prodigy_action.dataclass import dataclass

_WORTH = 200
"""git checks fewer files out before the process has started."""
_MOST_BYTES = 1 << 30
_FILTER = re.compile(rb'^\[filter "(?!lfs"\])', re.MULTILINE)
_PATIENCE_SECONDS = 0.25
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Copied:
    """Files of a slot and their index. `facts` are those of everything below its root."""

    complete: bool
    """Whether nothing is missing; otherwise git has to add the rest."""
    facts: bytes


class Stock:
    """Copies files of the parent worktree as git checked them out at the start of the run. Safe in several threads.

    What differs in the commit, what a command has touched since, and what a filter changes, is left to git.
    """

    def __init__(
        self, repository: PrivateRepository, index: bytes, left_out: tuple[bytes, ...], slots: int, limit: int
    ) -> None:
        """`index` is that of the checkout. For so many slots: then its process ends. Of the files, so many bytes at
        most are copied, and `left_out` are not.
        """
        self._slots = slots
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        root, directory = encode(repository.parent), encode(f"{repository.root}/slots")
        fields = (root, directory, b"%d" % limit, b"%d" % len(left_out), *left_out)
        self._input = b"\0".join((*fields, index))
        repository.ending.callback(self.close)

    def start(self) -> None:
        """Start reading the files. Without a process, `copy` makes nothing."""
        with self._lock, suppress(OSError):
            if self._process is not None or not self._slots:
                return
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                # Our own program, from the place of this one; no variable and no directory changes what it imports.
                command = (sys.executable, "-I", "-S", copier.__file__, str(theirs.fileno()))
                try:
                    process = subprocess.Popen(
                        command, cwd="/", env={}, pass_fds=[theirs.fileno()], process_group=0,
                        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    )  # fmt: skip
                except OSError:
                    ours.close()
                    raise
            note_companion(process.pid)
            self._process, self._requests = process, ours
            stream, process.stdin = process.stdin, None
            if stream is not None:
                feed(stream, self._input)

    def copy(self, root: str, index: str, user: Credentials | None) -> Copied | None:
        """Write files into the empty directory `root`, which get `user` as their owner, and their index.

        None where that was not possible: then there may be some of them.
        """
        self.start()
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                owner = (b"%d" % user.user, b"%d" % user.group) if user is not None else (b"", b"")
                request = b"\0".join((encode(root), encode(index), *owner))
                with self._lock:
                    if self._requests is None:
                        return None
                    self._slots -= 1
                    try:
                        socket.send_fds(self._requests, [request], [theirs.fileno()])
                    except OSError:
                        return None
            answer = self._answer(ours)
        kind, facts = answer[:1], answer[1:].removesuffix(copier.END)
        usable = answer.endswith(copier.END) and kind in (copier.COMPLETE, copier.PARTIAL)
        if not usable or not self._slots:
            self.close()
        return Copied(kind == copier.COMPLETE, facts) if usable else None

    def close(self) -> None:
        """End the process, and what it is making. From then on nothing is made. Blocks, shortly."""
        with self._lock:
            process, self._process, self._slots = self._process, None, 0
            if self._requests is not None:
                self._requests.close()
                self._requests = None
        if process is not None:
            forget_companion(process.pid)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_SECONDS)  # it ends its children, and waits for them
                return
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _answer(self, stream: socket.socket) -> bytes:
        stream.settimeout(_PATIENCE_SECONDS)
        blocks: list[bytes] = []
        while True:
            try:
                block = stream.recv(_BLOCK)
            except TimeoutError:
                self._end_if_cancelled()
            except OSError:
                return b""
            else:
                if not block:
                    return b"".join(blocks)
                blocks.append(block)

    def _end_if_cancelled(self) -> None:
        try:
            end_if_cancelled()
        except BaseException:
            self.close()
            raise


def stock_of(repository: PrivateRepository, base: str, files: int, slots: int) -> Stock | None:
    """A stock for `slots` worktrees at `base`, with so many files; None where git has to make them.

    Blocks. Raises `GitFailed` when the commit cannot be read.
    """
    if files < _WORTH or not Path(sys.executable or "/").is_file():
        return None
    if (checked_out := repository.checked_out) is None:
        return None
    then = checked_out.conversions
    # A program that changes contents may do more than that, and each worktree is to have it.
    if then != conversions_of(repository.git_dir) or any(map(_FILTER.search, then)):
        return None
    objects = repository.objects
    changes = changes_between(objects, objects.commit(repository.base).tree, objects.commit(base).tree)
    if any(path.rpartition(b"/")[2].lower() == b".gitattributes" for path in changes):
        return None
    room = free_bytes(repository.root) - repository.worktree_bytes * slots
    return Stock(repository, checked_out.index, tuple(changes), slots, max(0, min(_MOST_BYTES, room)))
