"""The Python examples of CLAUDE.md's chapter on effects run and type-check, in the order of the page."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    chapter = re.search(r"^## Effects\n(.*?)(?=^## |\Z)", (ROOT / "CLAUDE.md").read_text(), re.DOTALL | re.MULTILINE)
    assert chapter is not None, "CLAUDE.md has no chapter '## Effects'"
    blocks = re.findall(r"^```python\n(.*?)^```$", chapter[1], re.DOTALL | re.MULTILINE)
    file = tmp_path / "examples.py"
    file.write_text("\n\n".join(blocks))
    return file


def test_the_examples_do_what_they_say(examples: Path) -> None:
    names = runpy.run_path(str(examples))
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests, "the chapter shows no test"
    for test in tests:
        test()


def test_the_examples_type_check(examples: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--strict", f"--cache-dir={tmp_path / 'mypy'}", str(examples)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
