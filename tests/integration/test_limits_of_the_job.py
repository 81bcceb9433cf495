"""What the job's surroundings refuse is reported in one line, and what an item does to them reaches no other part."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.blackbox import prodigy, run
from tests.support.git import clean_environ, git, make_repository

WORKFLOW = "name: w\nmap:\n  input: items.json\n  agent_template:\n    - shell: git commit -q --allow-empty -m x\n"
RUN = ("prodigy_action", "run", "w.yml", "--run-as", "owner")
CLOSED = {"standard output": ">&-", "standard error": "2>&-", "both": ">&- 2>&-", "a full disk": "> /dev/full"}


@pytest.mark.parametrize("closed", CLOSED)
def test_outputs_that_are_closed_or_full_cause_no_traceback(tmp_path: Path, closed: str) -> None:
    repository = make_repository(tmp_path / "r", {"items.json": "[1]", "w.yml": WORKFLOW})
    ended = {}
    for command in ("run w.yml", "plan w.yml", "validate w.yml", "show", "--version", "run absent.yml"):
        script = f'exec "$PYTHON" -m prodigy_action {command} {CLOSED[closed]}'
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=repository,
            capture_output=True,
            text=True,
            env={**clean_environ(), "PYTHON": sys.executable},
            timeout=120,
        )
        assert "Traceback" not in done.stderr, (command, done.stderr)
        ended[command] = done
    assert ended["run w.yml"].returncode == 0
    assert ended["run absent.yml"].returncode == 2
    if closed in ("standard output", "a full disk"):
        for command in ("run w.yml", "plan w.yml", "validate w.yml", "show"):
            assert "standard output cannot be written" in ended[command].stderr, command
        assert ended["plan w.yml"].returncode == 1


POISONED = r"""
name: poisoned
map:
  input: items.json
  agent_template:
    - shell: |
        printf '%s\n' '* filter=canary' > "$HOME/attributes"
        printf '%s\n' '#!/bin/sh' 'touch "CANARY"; cat' > "$HOME/canary"; chmod +x "$HOME/canary"
        git config --file "$HOME/.gitconfig" core.attributesFile "$HOME/attributes"
        git config --file "$HOME/.gitconfig" core.fsmonitor "$HOME/canary"
        git config --file "$HOME/.gitconfig" core.hooksPath "$HOME"
        git config --file "$HOME/.gitconfig" filter.canary.clean "$HOME/canary"
        git config --file "$HOME/.gitconfig" filter.canary.smudge "$HOME/canary"
        git config --file "$HOME/.gitconfig" filter.canary.required true
        git config --file "$HOME/.gitconfig" alias.add '!$HOME/canary'
        git config --file "$HOME/.gitconfig" diff.external "$HOME/canary"
        cp "$HOME/canary" "$HOME/post-checkout"
    - shell: echo new > file
      auto_commit: true
    - shell: 'true'
      when: ${workflow.files_changed}
"""


def test_git_settings_that_an_item_writes_for_the_user_of_the_job_reach_no_call_of_ours(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"items.json": "[1]", "file": "old\n"})
    (tmp_path / "home").mkdir()

    ended = run(repository, POISONED.replace("CANARY", f"{tmp_path}/canary"), HOME=str(tmp_path / "home"))

    assert ended.states == ["succeeded"], ended.stdout
    assert "canary" in (tmp_path / "home/.gitconfig").read_text()
    assert not (tmp_path / "canary").exists()
    assert git(repository, "show", "HEAD:file") == "new"
    assert (repository / "file").read_text() == "new\n"


@pytest.mark.parametrize("kind", ("FIFO", "socket", "directory", "device"))
def test_files_of_the_runner_and_results_of_another_kind_hold_nothing_up(tmp_path: Path, kind: str) -> None:
    repository = make_repository(tmp_path / "r", {"items.json": "[1]", "w.yml": WORKFLOW})
    odd = tmp_path / "odd"
    if kind == "FIFO":
        os.mkfifo(odd)
    elif kind == "directory":
        odd.mkdir()
    elif kind == "device":
        odd = Path("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(odd))
    places = {"GITHUB_OUTPUT": str(odd), "GITHUB_STEP_SUMMARY": str(odd)}

    ended = prodigy(repository, "run", "w.yml", GITHUB_ACTIONS="true", **places)

    assert ended.exit_code == 0, ended.stdout
    assert ended.stdout.count("which the runner reads, cannot be written") == 2
    refused = prodigy(repository, "run", "absent.yml", GITHUB_ACTIONS="true", **places)
    assert refused.exit_code == 2
    (ended.results_dir / "results.json").unlink()
    (ended.results_dir / "results.json").symlink_to(odd)
    shown = prodigy(repository, "show")
    assert shown.exit_code == 2
    assert "no regular file" in shown.stderr
    (ended.results_dir / "events.jsonl").unlink()
    (ended.results_dir / "events.jsonl").symlink_to(odd)
    resumed = prodigy(repository, "run", "w.yml", "--resume-from", "prodigy-results")
    assert resumed.exit_code in (0, 2)
    assert "Traceback" not in resumed.stdout + resumed.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("missing", ("chown", "setuid", "setgid"))
def test_a_container_without_the_rights_to_change_users_is_refused(tmp_path: Path, missing: str) -> None:
    repository = make_repository(tmp_path / "r", {"items.json": "[1]", "w.yml": WORKFLOW})
    done = subprocess.run(
        ["setpriv", f"--bounding-set=-{missing}", f"--inh-caps=-{missing}", "--", sys.executable, "-m", *RUN],
        cwd=repository,
        capture_output=True,
        text=True,
        env=clean_environ(),
        timeout=120,
    )

    assert done.returncode == 2, done.stdout + done.stderr
    assert f"lacks {missing.upper()}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_file_of_the_results_that_cannot_be_changed_is_named(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"items.json": "[1]"})
    path = repository / "prodigy-results/results.json"
    if subprocess.run(["sh", "-c", f"touch {tmp_path}/x && chattr +i {tmp_path}/x"], capture_output=True).returncode:
        pytest.skip("the file system has no immutable files")
    subprocess.run(["chattr", "-i", str(tmp_path / "x")], check=True)
    try:
        ended = run(repository, WORKFLOW + f"    - shell: touch {path}; chattr +i {path}\n")
    finally:
        subprocess.run(["chattr", "-i", str(path)], check=False, capture_output=True)
    assert ended.exit_code == 1, ended.stdout
    assert "the results cannot be written" in ended.stdout
    assert "results.json" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
