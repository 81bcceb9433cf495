"""The files that the runner reads after a step: outputs and the job's page. We only append to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prodigy_action.adapters.files.named_file import append_to_named_file
from prodigy_action.pure.text.masking import Masker
from prodigy_action.pure.text.reasons import reason_of


def append_to_runner_file(path: Path, text: str, masker: Masker, *, unwritable: Callable[[str], object]) -> None:
    """Append a text to a file of the runner, secrets masked. `unwritable` is called with the reason when
    that is not possible.
    """
    try:
        append_to_named_file(path, masker.mask_text(text).encode("utf-8", "surrogateescape"))
    except OSError as error:
        unwritable(reason_of(error))
