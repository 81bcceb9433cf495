"""Values beyond what the kernel takes as one argument: no limit inside the shell, a shorter prompt outside of it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.blackbox import run
from tests.support.git import make_repository

WORKFLOW = """
name: large
mode: mapreduce
map:
  input: items.json
  commit: auto
  agent_template:
    - shell: printf '%s' "${item.text}" > "builtin-${item.n}"
    - claude: look at ${item.text}
"""


def test_a_prompt_beyond_the_kernels_limit_is_shortened_and_names_a_file_with_the_whole(tmp_path: Path) -> None:
    texts = ["x" * 200_000, "short"]
    items = json.dumps([{"n": number, "text": text} for number, text in enumerate(texts)])
    repository = make_repository(tmp_path / "r", {"items.json": items})
    ended = run(repository, WORKFLOW, "--agent-command", "/bin/echo")

    assert ended.states == ["succeeded", "succeeded"]
    assert [(repository / f"builtin-{number}").read_text() for number in (0, 1)] == texts
    prompt = (ended.results_dir / "logs/item-0000.log").read_text()
    assert "x" * 10_000 in prompt
    assert "x" * 131_072 not in prompt
    assert "look at short" in (ended.results_dir / "logs/item-0001.log").read_text()
