"""What the README shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.generated_parts import ROOT
from tests.support.blackbox import prodigy
from tests.support.git import git, make_repository

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
LINKS = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)


def test_the_first_workflow_lands_a_line_in_every_file(tmp_path: Path) -> None:
    files = {"a.py": "a = 1\n", "with space/b.py": "b = 1\n", "prodigy.yml": BLOCKS[0]}
    repository = make_repository(tmp_path / "r", files)
    ended = prodigy(repository, "run", "prodigy.yml")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["a.py"] == "# SPDX-License-Identifier\na = 1"
    assert ended.tree()["with space/b.py"] == "# SPDX-License-Identifier\nb = 1"
    assert git(repository, "status", "--porcelain") == ""
    assert prodigy(repository, "show").stdout.startswith("✓ success: 2 items: 2 landed")


@pytest.mark.parametrize("target", sorted({*re.findall(r"^\$ make (\w+)", README, re.MULTILINE)}))
def test_the_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_links_lead_to_files() -> None:
    assert [link for link in LINKS if not (ROOT / link).exists()] == []
