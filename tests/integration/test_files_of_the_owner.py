"""`run-as: owner` reads the files that a workflow names with the rights of the checkout's owner, not with root's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.fake_job import RUNNER, FakeJob, fake_job

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="users are changed by root alone")

FIELDS = {
    "input": "map:\n  input: {file: PATH}\n  agent_template:\n    - shell: echo 'got ${item}'\n",
    "env_files": "env_files: [PATH]\nsteps: [{shell: 'echo got $A'}]\n",
    "secrets": "secrets: {S: {provider: file, key: PATH}}\nsteps: [{shell: 'test -n \"$S\" && echo got A'}]\n",
}
CONTENT = {"input": '["A=CANARY-9"]', "env_files": "A=CANARY-9\n", "secrets": "A=CANARY-9\n"}


@pytest.fixture
def job() -> Iterator[FakeJob]:
    with fake_job() as made:
        yield made


def made(path: Path, content: str, mode: int, user: tuple[int, int]) -> Path:
    path.write_text(content)
    path.chmod(mode)
    os.chown(path, *user)
    return path


def in_the_checkout(job: FakeJob, field: str) -> str:
    return made(job.workspace / "named.json", CONTENT[field], 0o600, (0, 0)).name


def outside(job: FakeJob, field: str) -> str:
    return str(made(job.root / "named.json", CONTENT[field], 0o600, (0, 0)))


def upwards(job: FakeJob, field: str) -> str:
    return os.path.relpath(outside(job, field), job.workspace)


def in_a_closed_directory(job: FakeJob, field: str) -> str:
    (job.root / "closed").mkdir(mode=0o700)
    return str(made(job.root / "closed/named.json", CONTENT[field], 0o644, (0, 0)))


def through_a_link(job: FakeJob, field: str) -> str:
    link = job.root / "link.json"
    link.symlink_to(outside(job, field))
    return str(link)


def in_a_link_of_the_checkout(job: FakeJob, field: str) -> str:
    in_the_checkout(job, field)
    (job.workspace / "link.json").symlink_to("named.json")
    return "link.json"


WAYS = (in_the_checkout, outside, upwards, in_a_closed_directory, through_a_link, in_a_link_of_the_checkout)


def run_with(job: FakeJob, field: str, path: str, run_as: str) -> Ended:
    (job.root / "workflow.yml").write_text("name: files\n" + FIELDS[field].replace("PATH", path))
    return prodigy(job.workspace, "run", "../workflow.yml", "--run-as", run_as, **job.environ)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("way", WAYS)
def test_a_file_of_root_is_not_read_for_the_owner(way: object, field: str, job: FakeJob) -> None:
    assert callable(way)
    ended = run_with(job, field, way(job, field), "owner")

    said = ended.stdout + ended.stderr
    assert ended.exit_code == 2, said
    assert "ermission denied" in said
    assert "run-as: owner reads it with the rights of that user" in said
    assert "CANARY" not in said
    for path in ended.results_dir.rglob("*"):
        assert not path.is_file() or b"CANARY" not in path.read_bytes()


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("run_as", ("owner", "root"))
def test_a_file_that_the_owner_alone_may_read_is_read(run_as: str, field: str, job: FakeJob) -> None:
    named = made(job.root / "named.json", CONTENT[field], 0o600, RUNNER)
    ended = run_with(job, field, str(named), run_as)

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    logs = b"".join(path.read_bytes() for path in ended.results_dir.glob("logs/*"))
    assert b"got A" in logs or b"got CANARY" in logs or b"got ***" in logs


def test_a_workflow_file_of_the_checkout_that_links_to_a_file_of_root_is_not_shown(job: FakeJob) -> None:
    named = made(job.root / "named.yml", "CANARY: [", 0o600, (0, 0))
    (job.workspace / "linked.yml").symlink_to(named)
    ended = prodigy(job.workspace, "run", "linked.yml", "--run-as", "owner", **job.environ)

    assert ended.exit_code == 2
    assert "ermission denied" in ended.stderr
    assert "CANARY" not in ended.stdout + ended.stderr
