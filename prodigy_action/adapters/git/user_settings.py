"""The git configuration of the job's user and of the system, as they were before anything ran."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from prodigy_action.adapters.git.calls import decode
from prodigy_action.adapters.git.checkout import calls_on
from prodigy_action.adapters.git.config_text import config_text
from prodigy_action.model.git import Checkout


def keep_user_settings(checkout: Checkout, directory: str) -> Checkout:
    """Copy the settings to a file of `directory`, for all later calls on the checkout. Blocks. Raises `GitFailed`.

    A step may write to the user's configuration; what it writes there counts for its own git alone.
    """
    words = decode(calls_on(checkout).run("config", "--list", "--show-scope", "-z")).split("\0")
    settings: list[tuple[str, str]] = []
    for scope, entry in zip(words[0::2], words[1::2], strict=False):
        key, given, value = entry.partition("\n")
        if scope in {"system", "global"} and not key.startswith(("include.", "includeif.")):
            settings.append((key, value if given else "true"))
    target = Path(directory, "user-settings")
    target.write_text(config_text(settings), encoding="utf-8", errors="surrogateescape")
    return replace(checkout, user_settings=str(target))
