"""Values beyond what the kernel takes as one argument: no limit inside the shell, a clear failure outside of it."""

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
    - shell: printf '%s' "${item.text}" > builtin
    - claude: look at ${item.text}
"""


def test_a_prompt_beyond_the_kernels_limit_fails_its_item_alone_and_says_why(tmp_path: Path) -> None:
    items = json.dumps([{"text": "x" * 200_000}, {"text": "short"}])
    repository = make_repository(tmp_path / "r", {"items.json": items})
    ended = run(repository, WORKFLOW, "--agent-command", "/bin/echo")
    assert ended.states == ["failed", "succeeded"]
    error = ended.results["items"][0]["error"]
    assert error["exit_code"] == 126
    assert "longer than the kernel's 128 KiB" in error["message"]
    patch = (ended.results_dir / ended.results["items"][0]["patch"]).read_text()
    assert "x" * 200_000 in patch
