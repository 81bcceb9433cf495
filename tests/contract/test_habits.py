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


def test_every_unit_test_is_named_after_the_module_that_it_tests() -> None:
    """`test_MODULE.py` in the folder of the same name, or `test_MODULE_SUBJECT.py` where one file would be too long."""
    strangers = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests/unit").rglob("test_*.py"))
        if not any(
            f"{path.stem}_".startswith(f"test_{module.stem}_")
            for module in (ROOT / "prodigy_action" / path.parent.relative_to(ROOT / "tests/unit")).glob("*.py")
        )
    ]

    assert strangers == []
