"""What the types of the effect system accept and reject, as mypy sees it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

_ERROR = re.compile(r"^(?P<file>\S+?):(?P<line>\d+): error: .*\[(?P<code>[\w-]+)\]$")
_EXPECTATION = re.compile(r"#\s*rejected:\s*(?P<codes>[\w-]+(?:,\s*[\w-]+)*)\s*$")

Codes = dict[int, set[str]]


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Codes]:
    """mypy's error codes, by file name and line."""
    files = [str(HERE / "accepted.py"), str(HERE / "rejected.py")]
    cache = str(tmp_path_factory.mktemp("mypy"))
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--no-pretty", f"--cache-dir={cache}", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    found: dict[str, Codes] = {"accepted.py": defaultdict(set), "rejected.py": defaultdict(set)}
    for match in filter(None, map(_ERROR.match, run.stdout.splitlines())):
        found[Path(match["file"]).name][int(match["line"])].add(match["code"])
    return found


def test_every_accepted_composition_is_accepted(errors: dict[str, Codes]) -> None:
    assert errors["accepted.py"] == {}


def test_exactly_the_marked_mistakes_are_rejected(errors: dict[str, Codes]) -> None:
    expected: Codes = {}
    for number, line in enumerate((HERE / "rejected.py").read_text().splitlines(), start=1):
        if marked := _EXPECTATION.search(line):
            expected[number] = {code.strip() for code in marked["codes"].split(",")}
    assert errors["rejected.py"] == expected
