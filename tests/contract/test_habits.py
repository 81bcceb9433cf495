"""What helps whoever works here: hooks, templates, and helpers of tests in one place."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.contract.generated_parts import ROOT


def test_every_hook_runs_a_tool_of_the_virtual_environment() -> None:
    configuration: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in configuration["repos"] for hook in repository["hooks"]]

    assert [repository["repo"] for repository in configuration["repos"]] == ["local"]
    assert {hook["id"] for hook in hooks} >= {"format", "lint", "types"}
    for hook in hooks:
        program = hook["entry"].split()[0]
        assert program.startswith(".venv/bin/"), hook
        assert Path(sys.executable).with_name(Path(program).name).exists(), hook


def test_contributing_names_every_target_that_the_help_shows() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    contributing = (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)

    assert len(targets) > 8
    assert [target for target in targets if f"make {target}" not in contributing] == []


def test_no_test_module_imports_from_another() -> None:
    crossing = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*(from|import) tests\.([\w.]+\.)?test_\w+", line)
    ]

    assert crossing == []
