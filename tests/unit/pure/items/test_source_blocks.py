"""Long texts are cut into lines and records block by block."""

from __future__ import annotations

import pytest

from prodigy_action.pure.items import source
from prodigy_action.pure.items.source import parse_items


@pytest.mark.parametrize("block", (1, 2, 3, 7, 100))
@pytest.mark.parametrize("separator", ("\n", "\0"))
def test_the_items_do_not_depend_on_the_size_of_the_blocks(
    block: int, separator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_BLOCK", block)
    text = separator.join(["one", "", "", "two words", "3x", "", "last", ""])

    assert parse_items(text, ".txt") == [{"item": each} for each in ("one", "two words", "3x", "last")]
