"""A text that is too long for one argument: its middle is left out, and the whole stands in a file."""

from __future__ import annotations

from prodigy_action.pure.text.cutting import CUT_MARK

PROMPT_BYTES = 120 * 1024
"""The longest prompt that an agent command gets as its argument; the kernel's limit for one argument is 128 KiB."""
_NOTE_BYTES = 4 * 1024
"""Room for the sentence that stands in the place of the middle."""


def needs_shortening(text: str) -> bool:
    """Whether the text has more than `PROMPT_BYTES` bytes."""
    return len(text) > PROMPT_BYTES // 4 and len(_encoded(text)) > PROMPT_BYTES


def shortened(text: str, path: str) -> str:
    """The begin and the end of the text, together less than `PROMPT_BYTES` bytes, and between them a sentence that
    names `path`, the file with the whole text. The mark of a cut stands where the middle is left out.
    """
    encoded = _encoded(text)
    half = (PROMPT_BYTES - _NOTE_BYTES) // 2
    begin, end = _decoded(encoded[:half]), _decoded(encoded[-half:])
    left_out = len(encoded) - 2 * half
    note = f"[{left_out:,} bytes are left out here: this text was too long. The whole text is in the file {path}]"
    return f"{begin}{CUT_MARK}\n\n{note}\n\n{CUT_MARK}{end}"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _decoded(piece: bytes) -> str:
    """The characters that are whole in the piece."""
    return piece.decode("utf-8", "ignore")
