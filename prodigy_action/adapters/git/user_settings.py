"""The git configuration of the job's user and of the system, as they were before anything ran."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from prodigy_action.adapters.git.config_text import config_text
from prodigy_action.model.git import Checkout


def keep_user_settings(checkout: Checkout, directory: str) -> Checkout:
    """Copy the settings to a file of `directory`, for all later calls on the checkout. Blocks. Raises `OSError`.

    A step may write to the user's configuration; what it writes there counts for its own git alone.
    """
    settings = [
        (key, "true" if value is None else value)
        for scope, key, value in checkout.settings
        if scope in {"system", "global"} and not key.startswith(("include.", "includeif."))
    ]
    target = Path(directory, "user-settings")
    target.write_text(config_text(settings), encoding="utf-8", errors="surrogateescape")
    return replace(checkout, user_settings=str(target))
