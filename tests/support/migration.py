"""The rows of `docs/migration.md`, and the workflows that prove them (`migration.yml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.documented import ROOT

PAGE = ROOT / "docs" / "migration.md"
FILES: Mapping[str, str] = {
    "items.json": '[{"name": "a", "n": 2}, {"name": "b", "n": 1}]',
    "f.txt": "x\n",
}
"""What every repository of a case holds."""
_ROW = re.compile(r"^\| (?P<what>.+?) \| (?P<verdict>\w[\w ]*) \|(?: (?P<note>.*) | )\|$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One workflow: `rows` are the rows that it proves, the other fields say how it ends."""

    rows: tuple[str, ...]
    workflow: str
    files: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    """The whole command line, `W` in the place of the workflow file; empty: `run W` with `options`."""
    environ: Mapping[str, str] = field(default_factory=dict)
    exit: int = 0
    says: tuple[str, ...] = ()
    lands: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    warns: bool = False
    """Whether the workflow has warnings."""


def rows() -> dict[str, str]:
    """The first column of every row → what the page says of it."""
    found: dict[str, str] = {}
    for match in _ROW.finditer(PAGE.read_text(encoding="utf-8")):
        if match["what"] != "Prodigy":
            if match["what"] in found:
                raise ValueError(f"the row {match['what']!r} is there twice")
            found[match["what"]] = match["verdict"]
    return found


def cases() -> list[Case]:
    """The workflows that prove the rows."""
    path = Path(__file__).with_name("migration.yml")
    lists = ("rows", "options", "argv", "says", "absent")
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_case({key: tuple(value) if key in lists else value for key, value in each.items()}) for each in entries]


def _case(fields: dict[str, Any]) -> Case:
    return Case(**fields)
