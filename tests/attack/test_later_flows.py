"""Values that are placed safely and become code later: refused, warned of, or run by no shell; none of them silent."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.shell.safety.compiled import Interpreter
from prodigy_action.pure.shell.safety.render import render_shell, render_values_file
from prodigy_action.pure.shell.syntax.standing import standing_text
from tests.attack.flows import HOSTILE, executed, generated, judged, roots_of
from tests.attack.shell_runs import corpus
from tests.support.shell_parsing import PARSER, load_workflow

REPOSITORY = Path(__file__).parents[2]
PATIENT = (*HOSTILE, "x; touch pwned", "BASH_ENV=./e", "-c touch pwned", "%(touch pwned)T")
REALISTIC = [str(text) for text in corpus("step_texts")]
WARNED_WRONGLY = 0.01
"""The most warnings per text in which no value runs."""


def scripts(text: str, values: tuple[str, ...], interpreter: Interpreter) -> list[str]:
    """The scripts that run for these values, without those that are refused."""
    parsed = PARSER.parse_now([standing_text(text, roots_of(text)).text])
    found: list[str] = []
    for value in values:
        try:
            script = render_shell(text, {"item": {"v": value}}, interpreter=interpreter, parsed=parsed)
        except ExpressionError:
            continue
        found.append(render_values_file(script.values).decode() + script.script)
    return found


ROWS: list[Any] = [
    pytest.param(row, shell, id=f"{shell} {row['name']}") for row in corpus("later_flows") for shell in row["verdict"]
]


@pytest.mark.parametrize(("row", "shell"), ROWS)
def test_a_flow_has_its_verdict(row: dict[str, Any], shell: Interpreter, tmp_path: Path) -> None:
    verdict = row["verdict"][shell]
    said = judged(row["text"], shell)
    if verdict in ("refused", "warned"):
        assert said == verdict
        return
    running = scripts(row["text"], PATIENT, shell)
    assert said == "silent"
    assert bool(running) is (verdict == "harmless"), "with the verdict `integer` each of these values is refused"
    assert executed(tmp_path, [("here", running)], shell) == [False]


@cache
def verdicts() -> dict[str, str]:
    texts = generated()
    PARSER.parse_now(standing_text(text, roots_of(text)).text for text in texts)
    return {text: judged(text, "bash") for text in texts}


def test_no_generated_flow_that_runs_is_silent(tmp_path: Path) -> None:
    silent = [text for text, verdict in verdicts().items() if verdict == "silent"]
    ran = executed(tmp_path, [(f"t{n}", scripts(text, HOSTILE, "bash")) for n, text in enumerate(silent)])
    assert [text for text, runs in zip(silent, ran, strict=True) if runs] == []


def test_the_generated_flows_do_run_where_they_are_warned_of(tmp_path: Path) -> None:
    warned = [text for text, verdict in verdicts().items() if verdict == "warned"][::10]
    ran = executed(tmp_path, [(f"t{n}", scripts(text, HOSTILE, "bash")) for n, text in enumerate(warned)])
    assert Counter(verdicts().values())["warned"] > 1000
    assert sum(ran) / len(ran) > 0.8


def documented_texts() -> list[str]:
    """Every shell text of the examples and of the documentation that a value is in."""
    files = chain((REPOSITORY / "examples").glob("*.yml"), (REPOSITORY / "docs").rglob("*.md"))
    found: list[str] = []
    for path in files:
        text = path.read_text()
        blocks = [text] if path.suffix == ".yml" else text.split("```yaml\n")[1:]
        for block in blocks:
            document = yaml.safe_load(block.split("\n```")[0])
            found.extend(each for each in _shell_texts(document) if "${" in each)
    return found


def _shell_texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["shell"]] if isinstance(value.get("shell"), str) and value.get("interpolation") != "raw" else []
        return own + [text for each in value.values() for text in _shell_texts(each)]
    return [text for each in value for text in _shell_texts(each)] if isinstance(value, list) else []


def test_hardly_any_realistic_step_is_warned_of_wrongly(record_property: Any) -> None:
    texts = [*REALISTIC, *documented_texts()]
    assert len(REALISTIC) >= 300
    warned = [text for text in texts for shell in ("sh", "bash") if judged(text, shell) == "warned"]
    figure = f"{len(warned)} wrong warnings in {len(texts)} texts, each for two shells"
    record_property("figure", figure)
    assert len(warned) / (2 * len(texts)) <= WARNED_WRONGLY, f"{figure}: {warned}"


def test_no_realistic_step_is_refused() -> None:
    assert [text for text in REALISTIC if judged(text, "bash") == "refused"] == []


WORKFLOW = """name: flows
map:
  input: [a]
  agent_template:
  - shell: |
      n=$(wrap "${item.v}")
      echo $((n + 1))%s
    interpreter: bash
%s"""


@pytest.mark.parametrize(
    ("comment", "more"), (("  # prodigy: trusted", ""), ("", "    interpolation: raw\n")), ids=("comment", "raw")
)
def test_the_author_can_say_that_it_is_meant(comment: str, more: str) -> None:
    assert len(load_workflow((WORKFLOW % ("", "")).encode(), "w.yml").warnings) == 1
    assert load_workflow((WORKFLOW % (comment, more)).encode(), "w.yml").warnings == ()


def test_the_documented_table_has_every_flow_with_its_verdict() -> None:
    words = {"refused": "refused in place", "integer": "a number or an error"}
    words |= {"warned": "warned of", "harmless": "runs nothing"}
    rows = [line for line in (REPOSITORY / "docs/reference/shell-flows.md").read_text().splitlines() if "`" in line]
    for row in corpus("later_flows"):
        text = row["text"].replace("|", "\\|").replace("\n", "⏎")
        (shown,) = [line for line in rows if line.startswith((f"| `{text}` |", f"| `` {text} `` |"))]
        assert all(words[verdict] in shown for verdict in row["verdict"].values())
