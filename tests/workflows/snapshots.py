"""The expected results beside the files of the corpus: `python -m tests.workflows.snapshots` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

from prodigy_action.errors import InvalidInput
from prodigy_action.inputs.documents.diagnostics import render_diagnostic
from tests.support.shell_parsing import load_workflow

HERE = Path(__file__).parent
VALID = sorted(path for path in (HERE / "valid").iterdir() if not path.name.endswith(".expected"))
INVALID = sorted(path for path in (HERE / "invalid").iterdir() if not path.name.endswith(".expected"))


def expected_path(path: Path) -> Path:
    """Where the expected result of a file stands."""
    return path.with_name(f"{path.name}.expected")


def describe_valid(path: Path) -> str:
    """The canonical workflow without its defaults, and the warnings."""
    loaded = load_workflow(path.read_bytes(), path.name)
    canonical = loaded.workflow.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return "\n".join(
        [json.dumps(canonical, indent=1, ensure_ascii=False), *map(render_diagnostic, loaded.warnings), ""]
    )


def describe_invalid(path: Path) -> str:
    """All diagnostics as they are printed."""
    try:
        load_workflow(path.read_bytes(), path.name)
    except InvalidInput as error:
        return "\n".join([*map(render_diagnostic, error.diagnostics), ""])
    raise AssertionError(f"{path.name} is valid")


if __name__ == "__main__":
    for valid in VALID:
        expected_path(valid).write_text(describe_valid(valid), encoding="utf-8")
    for invalid in INVALID:
        expected_path(invalid).write_text(describe_invalid(invalid), encoding="utf-8")
