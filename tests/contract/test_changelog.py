"""The changelog has the form that readers and the release expect."""

from __future__ import annotations

import re
from datetime import date

import prodigy_action
from tests.contract.generated_parts import ROOT

LINES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
VERSION = re.compile(r"(?P<version>\d+\.\d+\.\d+)(?: - (?P<date>\d{4}-\d\d-\d\d))?")


def sections() -> dict[str, list[str]]:
    """The lines below each heading of the second level."""
    found: dict[str, list[str]] = {}
    for line in LINES:
        if line.startswith("## "):
            assert line not in found, f"twice: {line}"
            found[line.removeprefix("## ")] = []
        elif found:
            found[list(found)[-1]].append(line)
    return found


def test_what_is_not_released_comes_first_and_then_the_newest_version() -> None:
    first, *versions = sections()
    assert first == "Unreleased"
    matches = [VERSION.fullmatch(version) or version for version in versions]
    assert all(isinstance(match, re.Match) for match in matches), matches
    numbers = [tuple(map(int, version.split(" ")[0].split("."))) for version in versions]
    assert numbers == sorted(set(numbers), reverse=True)
    assert versions[0].split(" ")[0] == prodigy_action.__version__


def test_every_version_but_the_one_to_be_released_has_its_date() -> None:
    _, newest, *older = sections()
    for version in [newest] * (" - " in newest) + older:
        date.fromisoformat(version.split(" - ")[1])


def test_every_line_is_below_the_kind_of_change_it_is() -> None:
    for version, lines in sections().items():
        kinds = [line.removeprefix("### ") for line in lines if line.startswith("### ")]
        assert kinds == [kind for kind in KINDS if kind in kinds], f"{version}: {kinds}"
        kind = None
        for line in lines:
            kind = line if line.startswith("### ") else kind
            assert kind is not None or not line.startswith(("* ", "- ")), f"{version}: {line}"


def test_every_kind_of_change_that_is_named_has_a_change() -> None:
    for version, lines in sections().items():
        for kind, text in re.findall(r"^### (.*)\n((?:(?!### ).*\n?)*)", "\n".join(lines), re.MULTILINE):
            assert re.search(r"^\* \S", text, re.MULTILINE), f"{version}: {kind}"


def test_no_list_is_broken_by_an_empty_line() -> None:
    text = "\n".join(LINES)
    assert re.findall(r"^(?:\*|  ).*\n\n(?=\* ).*", text, re.MULTILINE) == []
