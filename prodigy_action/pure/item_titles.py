"""How commits and the log call an item: by its key, not by its whole record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.text.cutting import cut

TITLE_LENGTH = 100
"""The most characters of a key in a title."""
_DIGEST = re.compile(r"[0-9a-f]{24}")
"""A key that the plan made of an item without one (`pure.item_keys.DIGEST_LENGTH`, which is slow to import)."""


def is_digest(key: str) -> bool:
    """Whether a key is a digest, which nobody recognises."""
    return _DIGEST.fullmatch(key) is not None


@dataclass(frozen=True, slots=True)
class ItemTitles:
    """The titles of the items of one map. `masked` removes secrets from a text."""

    workflow: str = ""
    keys: Mapping[int, str] = field(default_factory=dict)
    masked: Callable[[str], str] = str

    def key(self, item_id: int) -> str | None:
        """The key of an item on one line; None for a digest, which nobody recognises."""
        key = " ".join(self.masked(self.keys.get(item_id, "")).split())
        text = key if key.isprintable() else "".join(character for character in key if character.isprintable())
        return cut(text, TITLE_LENGTH) if text and not is_digest(text) else None

    def merge_message(self, item_id: int) -> str:
        """The message of the commit that lands an item: `Merge packages/a.py (licence lines)`."""
        return self._titled("Merge", item_id)

    def commit_message(self, item_id: int) -> str:
        """The message of the commit that `commit: auto` makes."""
        return self._titled("Change", item_id)

    def _titled(self, verb: str, item_id: int) -> str:
        name = self.key(item_id) or f"item {item_id}"
        workflow = " ".join(self.masked(self.workflow).split())
        return f"{verb} {name} ({cut(workflow, TITLE_LENGTH)})" if workflow else f"{verb} {name}"
