"""The logs of a reproduced item, shown while they are written."""

from __future__ import annotations

import codecs
from typing import final

from prodigy_action.app.masking import MaskedOutput
from prodigy_action.environment import ResultFiles, RunLog
from prodigy_action.pure.text.masking import Masker
from prodigy_action.pure.text.visible_text import visible


@final
class ShownResultFiles:
    """Result files whose logs are printed too. With `quoted`, a runner finds no command in what is printed."""

    def __init__(self, files: ResultFiles, output: MaskedOutput, masker: Masker, *, quoted: bool) -> None:
        self._files = files
        self._output = output
        self._masker = masker
        self._quoted = quoted

    def open_log(self, name: str, *, late: bool = False) -> RunLog:
        """The log `name`; it is never made late, since it is shown while it is written."""
        del late
        return _ShownLog(self._files.open_log(name), self._output, self._masker, quoted=self._quoted)

    async def write_patch(self, name: str, patch: bytes) -> str:
        return await self._files.write_patch(name, patch)

    async def remove_patch(self, name: str) -> None:
        await self._files.remove_patch(name)


@final
class _ShownLog:
    def __init__(self, log: RunLog, output: MaskedOutput, masker: Masker, *, quoted: bool) -> None:
        self._log = log
        self._output = output
        self._masking = masker.stream()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._quoted = quoted
        self._line = ""
        self._open = True

    @property
    def path(self) -> str | None:
        return self._log.path

    @property
    def tail(self) -> str:
        return self._log.tail

    def write(self, chunk: bytes) -> None:
        self._log.write(chunk)
        self._show(self._decoder.decode(self._masking.feed(chunk)))

    announce = write

    def keep(self) -> None:
        self._log.keep()

    def close(self) -> None:
        self._log.close()
        if self._open:
            self._open = False
            self._show(self._decoder.decode(self._masking.finish(), final=True))
            if self._line:
                self._show("\n")

    def _show(self, text: str) -> None:
        if self._quoted:
            *lines, self._line = (self._line + text).split("\n")
            text = "".join(f"| {visible(line)}\n" for line in lines)
        self._output.write(text)
        self._output.flush()
