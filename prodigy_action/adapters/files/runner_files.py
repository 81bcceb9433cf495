"""The files that the runner reads after a step: outputs and the job's page. We only append to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prodigy_action.pure.text.masking import Masker


def append_to_runner_file(path: Path, text: str, masker: Masker, *, unwritable: Callable[[str], object]) -> None:
    """Append a text to a file of the runner, secrets masked. `unwritable` is called with the reason when
    that is not possible.
    """
    try:
        with path.open("a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(masker.mask_text(text))
    except OSError as error:
        unwritable((error.strerror or str(error)).lower())
