"""A resumed run computes secret values again, because the journal must not hold them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.blackbox import prodigy
from tests.support.git import git, make_repository
from tests.support.killing import Gate, finished, kill_at

SECRET = "keep-this-7431"
WORKFLOW = """
name: confidential
secrets:
  TOKEN: {provider: env, key: SECRET_VALUE}
setup:
  - shell: echo setup >> COUNTS; echo "{\\"session\\":\\"$TOKEN\\"}"
    capture_output: session
map:
  input: ITEMS
  max_parallel: 2
  agent_template:
    - shell: GATE; printf '%s' "${session} ${item.text}" | cksum > "file-${item.n}"
    - shell: git add -A; git commit -qm add
"""


def expected(tmp_path: Path, name: str, items: str) -> tuple[Path, Path, Path, Gate]:
    directory = tmp_path / name
    directory.mkdir()
    counts, workflow, gate = directory / "counts", directory / "workflow.yml", Gate(directory / "gate")
    text = WORKFLOW.replace("COUNTS", str(counts)).replace("ITEMS", items)
    workflow.write_text(text.replace("GATE", gate.text("${item.n}")))
    entries = [{"n": n, "text": f"text {n}"} for n in range(5)] + [{"n": 5, "text": f"with {SECRET}"}]
    return make_repository(directory / "r", {"items.json": json.dumps(entries)}), workflow, counts, gate


def test_captured_secrets_and_items_with_secrets_are_read_again(tmp_path: Path) -> None:
    repository, workflow, _, _ = expected(tmp_path, "undisturbed", "items.json")
    whole = prodigy(repository, "run", str(workflow), SECRET_VALUE=SECRET)
    assert whole.exit_code == 0, whole.stdout
    tree = git(repository, "rev-parse", "HEAD^{tree}")

    repository, workflow, counts, gate = expected(tmp_path, "disturbed", "items.json")
    gate.open(2)
    kill_at(repository, finished(2), "run", str(workflow), SECRET_VALUE=SECRET)
    gate.open()
    kept = [path.read_bytes() for path in (repository / "prodigy-results").rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in content for content in kept)
    ended = prodigy(repository, "run", str(workflow), "--resume-from", "prodigy-results", SECRET_VALUE=SECRET)
    assert ended.exit_code == 0, ended.stdout
    assert "it captured secrets, which are not kept: session" in ended.stdout
    assert counts.read_text().split() == ["setup", "setup"]
    assert git(repository, "rev-parse", "HEAD^{tree}") == tree


def test_items_that_cannot_be_read_again_as_they_were_are_refused(tmp_path: Path) -> None:
    repository, workflow, _, gate = expected(tmp_path, "job", f"{tmp_path}/outside.json")
    gate.open(2)
    outside = tmp_path / "outside.json"
    outside.write_text((repository / "items.json").read_text())
    kill_at(repository, finished(2), "run", str(workflow), SECRET_VALUE=SECRET)
    gate.open()
    outside.write_text(json.dumps([{"n": 0, "text": "another"}]))
    ended = prodigy(repository, "run", str(workflow), "--resume-from", "prodigy-results", SECRET_VALUE=SECRET)
    assert ended.exit_code != 0
    assert "the items have changed since the run was planned" in ended.stdout + ended.stderr
