"""Reading the output of a command: all of it goes to the log, a limited part is kept in memory."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Protocol

import anyio

from prodigy_action.environment import LogSink
from prodigy_action.pure.text.cutting import CUT_MARK

_CHUNK_BYTES = 64 * 1024
_CHUNKS_AT_ONCE = 16
"""Chunks that are read before other tasks may run."""


class Receiver(Protocol):
    """Receives the chunks of one pipe."""

    def receive(self, chunk: bytes) -> None: ...


class CapturedHead:
    """The first `limit` bytes of a stream."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self.truncated = False

    def receive(self, chunk: bytes) -> None:
        room = self._limit - len(self._kept)
        self.truncated = self.truncated or len(chunk) > room
        if room > 0:
            self._kept += chunk[:room]

    def content(self) -> bytes:
        return bytes(self._kept)


class CombinedTail:
    """The last `limit` bytes of several streams, in the order they were read; the text begins with `…` when there was
    more.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = b""
        self._cut = False

    def receive(self, chunk: bytes) -> None:
        self._cut = self._cut or len(self._kept) + len(chunk) > self._limit
        self._kept = (self._kept + chunk[-self._limit :])[-self._limit :]

    def text(self) -> str:
        """The text, undecodable bytes replaced; a character cut at the beginning is dropped."""
        kept = self._kept
        if not self._cut:
            return kept.decode(errors="replace")
        start = next((i for i in range(min(4, len(kept))) if kept[i] & 0xC0 != 0x80), 0)
        return CUT_MARK + kept[start:].decode(errors="replace")


class PipeReader:
    """Reads one pipe to its end, on a read descriptor that it owns.

    Reading continues during cancellation (a command that cannot write cannot end cleanly) until the end of the pipe
    or `stop`. A sink that fails ends the writing, not the reading; `fault` keeps its error.
    """

    def __init__(self, descriptor: int, *receivers: Receiver, log: LogSink) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._receivers = receivers
        self._log = log
        self._closed = False
        self.fault: Exception | None = None
        self.at_end = False
        """Whether the pipe has ended."""

    # Both are for `run` alone, which most commands do not need.
    @cached_property
    def _scope(self) -> anyio.CancelScope:
        return anyio.CancelScope(shield=True)

    @cached_property
    def _ended(self) -> anyio.Event:
        return anyio.Event()

    async def run(self, faulty: anyio.CancelScope) -> None:
        """Read to the end; when a sink fails, cancel the scope `faulty`."""
        try:
            with self._scope:
                while not self.at_end:
                    await anyio.wait_readable(self._descriptor)
                    self.read_available()
                    if self.fault is not None:
                        faulty.cancel()
        finally:
            self.close()

    def fileno(self) -> int:
        """The descriptor of the pipe."""
        return self._descriptor

    def close(self) -> None:
        """Close the descriptor. May be called again."""
        if not self._closed:
            os.close(self._descriptor)
            self._closed = True
            if "_ended" in self.__dict__:
                self._ended.set()

    async def closed(self) -> None:
        """Wait until the descriptor is closed."""
        if not self._closed:
            await self._ended.wait()

    def duplicate(self) -> int | None:
        """A further descriptor of the pipe, which the caller owns; None when the pipe has ended."""
        return None if self._closed else os.dup(self._descriptor)

    def stop(self) -> None:
        self._scope.cancel()

    def read_available(self) -> None:
        """Read what is there, without waiting, as far as other tasks can wait for it."""
        for _ in range(_CHUNKS_AT_ONCE):
            try:
                chunk = os.read(self._descriptor, _CHUNK_BYTES)
            except BlockingIOError:
                return
            if not chunk:
                self.at_end = True
                return
            self._deliver(chunk)

    def _deliver(self, chunk: bytes) -> None:
        for receiver in self._receivers:
            receiver.receive(chunk)
        if self.fault is None:
            try:
                self._log.write(chunk)
            except Exception as error:  # noqa: BLE001 - raised again by the runner when the tree has ended
                self.fault = error
