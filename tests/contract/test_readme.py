"""What the README shows works."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.contract.generated_parts import ROOT
from tests.support.blackbox import prodigy
from tests.support.git import git, make_repository

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
LINKS = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)


def test_the_first_workflow_works_as_pasted_on_odd_files_and_twice(tmp_path: Path) -> None:
    files = {
        "empty.py": "",
        "script.py": "#!/bin/sh\nexit 0 \t\n",
        "with space/ä b.py": "b = 1  \n",
        "-n.py": "c = 1 ",
        "it's.py": "d = 1\n",
        "prodigy.yml": BLOCKS[0],
    }
    repository = make_repository(tmp_path / "r", files)
    (repository / "script.py").chmod(0o755)
    git(repository, "commit", "-qam", "Make it executable")
    first = prodigy(repository, "run", "prodigy.yml")
    states = sorted(first.states)
    shown = prodigy(repository, "show").stdout
    second = prodigy(repository, "run", "prodigy.yml")

    assert first.exit_code == 0, first.stdout + first.stderr
    assert states == ["succeeded"] * 3 + ["unchanged"] * 2
    assert shown.startswith("✓ success: 5 items: 3 landed, 2 unchanged")
    assert [(repository / name).read_text() for name in files][:5] == [
        "",
        "#!/bin/sh\nexit 0\n",
        "b = 1\n",
        "c = 1",
        "d = 1\n",
    ]
    subprocess.run([repository / "script.py"], check=True)
    assert second.exit_code == 0, second.stdout + second.stderr
    assert set(second.states) == {"unchanged"}
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.parametrize("target", sorted({*re.findall(r"^\$ make (\w+)", README, re.MULTILINE)}))
def test_the_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_links_lead_to_files() -> None:
    assert [link for link in LINKS if not (ROOT / link).exists()] == []
