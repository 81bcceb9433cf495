"""No Markdown file of the repository has a broken link to a file or a heading of the repository."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)#?([^)\s]*)\)")
_CODE_BLOCK = re.compile(r"^ *(```+|~~~+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)


def pages() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@cache
def text_of(page: Path) -> str:
    """The page without its code blocks, in which neither links nor headings are read."""
    return _CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors_of(page: Path) -> frozenset[str]:
    """The anchors that GitHub gives to the headings: lower case, no punctuation, a number after a repeated one."""
    anchors: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        anchors.append(f"{anchor}-{anchors.count(anchor)}" if anchor in anchors else anchor)
    return frozenset(anchors)


@pytest.mark.parametrize("name", pages())
def test_every_link_within_the_repository_leads_to_a_file_and_a_heading(name: str) -> None:
    page = ROOT / name
    broken = []
    for target, anchor in _LINK.findall(text_of(page)):
        other = page.parent / target if target else page
        if not other.exists() or (anchor and (other.suffix != ".md" or anchor not in anchors_of(other))):
            broken.append(f"{target}#{anchor}" if anchor else target)
    assert broken == []
