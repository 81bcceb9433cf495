"""The gate for all texts that leave the program: the secrets that it knows, and output streams that mask them."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TextIO, TypeVar
from weakref import WeakSet

from prodigy_action.errors import Diagnostic
from prodigy_action.pure.text.masking import Masker, MaskingStream
from prodigy_action.pure.text.reasons import reason_of

T = TypeVar("T")


class GrowingMasker(Masker):
    """A masker that learns secrets during the run, and passes them on to the streams that are open."""

    def __init__(self) -> None:
        super().__init__(())
        self._secrets: dict[str, None] = {}
        self._streams = WeakSet[MaskingStream]()

    def add(self, secret: str) -> None:
        """Mask one more value from now on."""
        if secret in self._secrets:
            return
        self._secrets[secret] = None
        self.learn(self._secrets)
        for stream in self._streams:
            self.teach(stream)

    def stream(self) -> MaskingStream:
        stream = super().stream()
        self._streams.add(stream)
        return stream


class OutputUnwritable(OSError):
    """Standard output cannot be written, for example because it is closed."""


class MaskedOutput:
    """Standard output or error of the process: each text is masked before it is written.

    With `required`, a text that cannot be written raises `OutputUnwritable`. Without, it is lost: there is no other
    place where that could be reported. `stream` is None when the stream was closed before the program started.
    """

    def __init__(self, stream: TextIO | None, masker: Masker, *, required: bool) -> None:
        self._stream = stream
        self._masker = masker
        self._required = required
        self.problem: str | None = None
        """Why a text could not be written; None while all could."""

    def write(self, text: str) -> int:
        """Write a text that is whole: a secret that two texts share is not found."""
        try:
            return self._open().write(self._masker.mask_text(text))
        except (OSError, ValueError) as error:  # ValueError: the stream was closed meanwhile
            self._lose(error)
            return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        try:
            self._open().flush()
        except (OSError, ValueError) as error:
            self._lose(error)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        with suppress(OSError, ValueError):
            return self._open().isatty()
        return False

    def fileno(self) -> int:
        """The file descriptor. Raises `OSError` when there is none."""
        return self._open().fileno()

    @property
    def encoding(self) -> str:
        """The encoding of its bytes."""
        return (self._stream.encoding if self._stream is not None else None) or "utf-8"

    def discard(self) -> None:
        """Drop what is buffered: the interpreter would try to write it again when it ends, and fail once more."""
        with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), self.fileno())

    def _open(self) -> TextIO:
        if self._stream is None:
            raise OSError(errno.EBADF, "it is closed")
        return self._stream

    def _lose(self, error: OSError | ValueError) -> None:
        number = error.errno if isinstance(error, OSError) and error.errno else errno.EBADF
        self.problem = reason_of(error) if isinstance(error, OSError) else "it is closed"
        if self._required:
            raise OutputUnwritable(number, self.problem) from error


def masked_diagnostic(diagnostic: Diagnostic, masker: Masker) -> Diagnostic:
    """The same with its texts masked, before a report shortens them."""
    return replace(
        diagnostic,
        message=masker.mask_text(diagnostic.message),
        source=masker.mask_text(diagnostic.source),
        source_line=None if diagnostic.source_line is None else masker.mask_text(diagnostic.source_line),
        hint=None if diagnostic.hint is None else masker.mask_text(diagnostic.hint),
    )


def masked_document(value: T, masker: Masker) -> T:
    """The same value with all its texts masked, in dataclasses, mappings and lists of any depth."""
    found: T = _masked(value, masker) if masker.knows_secrets else value
    return found


def _masked(value: Any, masker: Masker) -> Any:
    if isinstance(value, str):
        return masker.mask_text(value)
    if isinstance(value, Diagnostic):
        return masked_diagnostic(value, masker)
    if isinstance(value, dict):
        return {_masked(key, masker): _masked(each, masker) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_masked(each, masker) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _masked(getattr(value, each.name), masker) for each in fields(value)})
    return value
