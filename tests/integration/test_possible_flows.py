"""The warning about a value that may become code: in `validate`, `plan` and the log of a run, with both places."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.blackbox import prodigy, run
from tests.support.git import make_repository

WORKFLOW = """name: flows
map:
  input: [{v: "1"}]
  agent_template:
  - shell: |
      wrap() { echo "$2"; }
      n=$(env wrap a "${item.v}" || echo 0)
      echo $((n + 1))
    interpreter: bash
"""
MESSAGE = "the value of '${item.v}' (line 7, column 23) may run as code: arithmetic evaluates it"


def test_validate_plan_and_run_name_both_places(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"seed": "1\n"})
    path = tmp_path / "workflow.yml"
    path.write_text(WORKFLOW)
    validated = prodigy(repository, "validate", "--format", "json", str(path))
    assert validated.exit_code == 0
    (found,) = json.loads(validated.stdout)["problems"]
    assert (found["severity"], found["code"], found["message"]) == ("warning", "possible-code", MESSAGE)
    assert (found["line"], found["column"]) == (8, 15)
    assert "`# prodigy: trusted`" in found["hint"]
    planned = prodigy(repository, "plan", str(path))
    assert f"{path}:8:15" in planned.stdout + planned.stderr
    assert MESSAGE in planned.stdout + planned.stderr
    ended = run(repository, WORKFLOW)
    assert MESSAGE in ended.stdout + ended.stderr
    path.write_text(WORKFLOW.replace("echo $((n + 1))", "echo $((n + 1))  # prodigy: trusted"))
    assert "may run as code" not in prodigy(repository, "validate", str(path)).stdout
