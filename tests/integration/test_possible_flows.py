"""The warning about a value that may become code: in `validate`, `plan` and the log of a run, with both places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


COMMENT = "# prodigy: trusted"
SINK, VALUE = "      echo $((n + 1))", '      n=$(wrap "${item.v}")'
SHELL = f"""  - shell: |
{VALUE}
{SINK}
"""
ONE_LINE = "  - shell: n=$(wrap ${item.v}); echo $((n + 1))\n"
TRUSTED = {
    "at the end of the sink": SHELL.replace(SINK, f"{SINK}  {COMMENT}"),
    "at the end of the value": SHELL.replace(VALUE, f"{VALUE} {COMMENT}"),
    "with a reason": SHELL.replace(SINK, f"{SINK}  {COMMENT}: the list is ours"),
    "above the sink": SHELL.replace(SINK, f"      {COMMENT}\n{SINK}"),
    "above the value": SHELL.replace(VALUE, f"      {COMMENT}\n{VALUE}"),
    "above another comment and an empty line": SHELL.replace(SINK, f"      {COMMENT}\n      # more\n\n{SINK}"),
    "above a command of several lines": SHELL.replace(SINK, f"      {COMMENT}\n      echo \\\n        $((n + 1))"),
    "behind a text on one line": ONE_LINE.replace("\n", f"  {COMMENT}\n"),
    "above a text on one line": f"  {COMMENT}\n{ONE_LINE}",
}
WARNED = {
    "two lines above": SHELL.replace(SINK, f"      {COMMENT}\n      true\n{SINK}").replace(
        VALUE, f"{VALUE}\n      true"
    ),
    "below": SHELL.replace(SINK, f"{SINK}\n      {COMMENT}"),
    "in double quotes": SHELL.replace(SINK, f'        echo "{COMMENT}" $((n + 1))'),
    "in single quotes": SHELL.replace(SINK, f"        echo '{COMMENT}' $((n + 1))"),
    "in quotes of several lines": SHELL.replace(SINK, f"        echo '\n      {COMMENT}\n      ' $((n + 1))"),
    "in a here-document": SHELL.replace(
        SINK, f"      cat <<EOF\n      {COMMENT}\n      $((n + 1)) {COMMENT}\n      EOF"
    ),
    "in a word": SHELL.replace(SINK, f"{SINK}x{COMMENT}"),
    "another word": SHELL.replace(SINK, f"{SINK}  {COMMENT}-not"),
    "in a text on one line": "  - shell: \"n=$(wrap ${item.v}); echo '# prodigy: trusted' $((n + 1))\"\n",
    "above the step of a text of several lines": f"  {COMMENT}\n{SHELL}",
}


@pytest.mark.parametrize("text", (*TRUSTED.values(), *WARNED.values()), ids=[*TRUSTED, *WARNED])
def test_a_comment_speaks_of_its_line_or_of_the_next(tmp_path: Path, text: str) -> None:
    path = tmp_path / "w.yml"
    path.write_text(f"name: n\nmap:\n  input: [{{v: '1'}}]\n  agent_template:\n{text}    interpreter: bash\n")
    validated = prodigy(tmp_path, "validate", "--format", "json", str(path))
    assert validated.exit_code == 0, validated.stdout
    problems = [each["code"] for each in json.loads(validated.stdout)["problems"]]
    assert ("possible-code" in problems) is (text in WARNED.values())
