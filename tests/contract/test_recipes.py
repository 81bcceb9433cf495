"""The recipes are safe by the linter's word, and every command in them is sound."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.documented import OF_GITHUB, ROOT, RULES, Block

PAGES = ("docs/recipes.md", "docs/image.md", "docs/resume.md", "docs/scaling.md")
RECIPES = [block for block in OF_GITHUB if block.page in PAGES]


def test_there_are_recipes() -> None:
    assert len(RECIPES) >= 7


@pytest.mark.parametrize("block", RECIPES, ids=lambda block: block.name)
def test_a_recipe_has_no_finding(block: Block, tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/recipe.yml").write_text(f"name: Recipe\n{block.text}")
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(RULES))
    linter = Path(sys.executable).with_name("zizmor")
    options = ("--offline", "--no-progress", "--config", "rules.yml")
    done = subprocess.run([linter, *options, "."], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", RECIPES, ids=lambda block: block.name)
def test_the_scripts_of_a_recipe_are_sound(block: Block) -> None:
    steps = [step for job in yaml.safe_load(block.text)["jobs"].values() for step in job.get("steps", [])]
    linter = Path(sys.executable).with_name("shellcheck")
    for script in (step["run"] for step in steps if "run" in step):
        done = subprocess.run([linter, "--shell=bash", "-"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert "${{" not in script


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page: str) -> None:
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        target, _, anchor = link.partition("#")
        assert not target or (path.parent / target).exists(), link
        assert target or anchor in headings, link
