"""The log of an item, whose file is made when there is something to read in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from prodigy_action.environment import RunLog


@final
class LateLog:
    """A log that is opened with `open_log` at the first output of a command, or by `keep`.

    Making a file takes more time than a command that prints nothing. Raises what `open_log` raises, when it is called.
    """

    def __init__(self, open_log: Callable[[], RunLog]) -> None:
        self._open_log = open_log
        self._log: RunLog | None = None
        self._announced = bytearray()

    @property
    def path(self) -> str | None:
        """Relative to the results directory; None while there is no file."""
        return None if self._log is None else self._log.path

    @property
    def tail(self) -> str:
        """The last part of what was written, secrets not masked."""
        return self._announced.decode(errors="replace") if self._log is None else self._log.tail

    def announce(self, text: bytes) -> None:
        """Write a line about what follows: alone it makes no file."""
        if self._log is None:
            self._announced += text
        else:
            self._log.write(text)

    def write(self, chunk: bytes) -> None:
        """Write output."""
        if chunk:
            self._kept().write(chunk)

    def keep(self) -> None:
        """Make the file, also when nothing was printed."""
        self._kept()

    def close(self) -> None:
        """Close the file, if there is one. May be called again."""
        if self._log is not None:
            self._log.close()

    def _kept(self) -> RunLog:
        if self._log is None:
            self._log = self._open_log()
            self._log.write(bytes(self._announced))
        return self._log
