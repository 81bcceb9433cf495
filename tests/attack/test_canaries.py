"""Twelve attempts of a hostile item, against the program itself, on this machine."""

from __future__ import annotations

import os
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.blackbox import prodigy_afresh
from tests.support.fake_job import RUNNER, FakeJob, documented, fake_job

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="users are changed by root alone")


@pytest.fixture
def job() -> Iterator[FakeJob]:
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as engine:
        # As the engine has it: for root and a group that the runner's user is in.
        Path(directory).chmod(0o755)
        path = Path(directory, "docker.sock")
        engine.bind(str(path))
        engine.listen()
        os.chown(path, 0, RUNNER[1])
        path.chmod(0o660)
        with fake_job(socket=str(path)) as made:
            yield made


def test_an_item_of_an_unprivileged_user_gets_nothing(job: FakeJob) -> None:
    ended = prodigy_afresh(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **job.environ)

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert job.succeeded() == documented("owner") == set()


def test_an_item_of_root_gets_what_the_documentation_says_and_the_environment_stays_clean(job: FakeJob) -> None:
    ended = prodigy_afresh(job.workspace, "run", "../workflow.yml", **job.environ)

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert job.succeeded() == documented("root")
    assert "CANARY" not in (job.shared / "env").read_text()


@pytest.mark.parametrize("run_as", ("root", "owner"))
def test_at_the_end_the_job_is_as_it_was_and_the_runners(job: FakeJob, run_as: str) -> None:
    before = {path: path.lstat().st_mode for path in job.root.rglob("*")}

    prodigy_afresh(job.workspace, "run", "../workflow.yml", "--run-as", run_as, **job.environ)

    assert {path: path.lstat().st_mode for path in before} == before
    foreign = [path for path in job.workspace.rglob("*") if (path.lstat().st_uid, path.lstat().st_gid) != RUNNER]
    assert foreign == []
    assert (job.workspace / "prodigy-results").stat().st_mode & 0o777 == 0o755


HOSTILE_CONFIGURATION = """
name: hostile
mode: mapreduce
map:
  input: items.json
  json_path: $[*]
  agent_template:
    - shell: |
        cat > probe.sh <<'END'
        #!/bin/sh
        { id -u; env; } >> "$0.seen"
        cat
        END
        chmod +x probe.sh
        printf '* filter=probe\\n' > .gitattributes
        git config filter.probe.clean "$PWD/probe.sh"
        git config core.fsmonitor "$PWD/probe.sh"
        git config core.hooksPath "$PWD/hooks"
        mkdir hooks && cp probe.sh hooks/post-checkout && cp probe.sh hooks/pre-commit
        echo changed > changed.txt
    - shell: echo "${step.files_changed}"
    - shell: test ! -e probe.sh.seen || cp probe.sh.seen "$SHARED/seen"
"""


def test_what_an_agent_configures_in_its_git_never_runs_as_root_nor_sees_the_runners_variables(job: FakeJob) -> None:
    (job.root / "workflow.yml").write_text(HOSTILE_CONFIGURATION)

    prodigy_afresh(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **job.environ)

    seen = (job.shared / "seen").read_text()
    assert re.findall(r"^\d+$", seen, re.MULTILINE)
    assert "0" not in seen.splitlines()
    assert "CANARY" not in seen
