"""The files, names and packages that the guides for contributors mention exist."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "prodigy_action"
GUIDES = ("ARCHITECTURE.md", "CLAUDE.md", ".github/CONTRIBUTING.md")
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|\w[\w-]*\.(?:md|py|toml|yml))`")
_EXAMPLES = frozenset({"prodigy/<run_id>", "prodigy/"})


def mentioned(guide: str) -> list[str]:
    return sorted(set(_PATH.findall((ROOT / guide).read_text(encoding="utf-8"))) - _EXAMPLES)


def exists(mention: str) -> bool:
    """Whether a mention is a file or directory from the root or the package, a module, or a name of a module."""
    for start in (ROOT, PACKAGE):
        if (start / mention).exists() or (start / f"{mention}.py").is_file():
            return True
    module, _, name = mention.rpartition(".")
    if not (PACKAGE / f"{module}.py").is_file():
        return False
    return hasattr(import_module(f"prodigy_action.{module.replace('/', '.')}"), name)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_file_and_name_that_a_guide_mentions_exists(guide: str) -> None:
    missing = [mention for mention in mentioned(guide) if not exists(mention)]
    assert missing == [], f"correct these names in {guide}"


def test_the_architecture_lists_every_package_and_no_other() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tree = text.split("<!-- packages -->")[1].split("<!-- end of packages -->")[0]
    listed: list[str] = []
    above: list[str] = []
    for indent, name in re.findall(r"^( +)(\w+)/", tree, re.MULTILINE):
        above[(len(indent) - 4) // 2 :] = [name]
        listed.append("/".join(above))
    packages = {init.parent.relative_to(ROOT).as_posix() for init in PACKAGE.rglob("__init__.py")}
    assert sorted(listed) == sorted(packages), "give each package one line in ARCHITECTURE.md"
