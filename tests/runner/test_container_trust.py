"""In a container as the runner starts it: what a hostile item gets, and what is left when it is all over."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from tests.support import canaries
from tests.support.fake_job import WORKFLOW, documented
from tests.support.git import make_repository
from tests.support.runner.back_ends import DockerBackEnd, make_job
from tests.support.runner.job import OWNER, Job

pytestmark = [
    pytest.mark.long,
    pytest.mark.docker,
    pytest.mark.skipif(os.geteuid() != 0, reason="files are given to the runner's user by root alone"),
]

SHARED = "/github/workspace/shared"
TARGETS = {
    "workspace": "/github/workspace",
    "results": "/github/workspace/prodigy-results",
    "file_commands": [f"/github/file_commands/{name}" for name in ("set_env_1", "set_output_1", "add_path_1")],
    "git_configuration": ["/github/home/.gitconfig", "/github/runner_temp/git-credentials-1.config"],
    "socket": "/var/run/docker.sock",
}
WAITING = """
name: waiting
mode: mapreduce
map:
  input: items.json
  json_path: $[*]
  max_parallel: 2
  agent_template:
    - shell: touch "$SHARED/$(id -un)-${item_index}"; sleep 300
"""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = make_job(tmp_path / "job", None, _checkout)
    (made.temp / "_github_home/.gitconfig").write_text("[user]\n\tname = CANARY\n\temail = c@example.com\n")
    (made.temp / "git-credentials-1.config").write_text("CANARY")
    made.prepare(OWNER)
    shared = made.workspace / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "targets.json").write_text(json.dumps(TARGETS))
    return made


def _checkout(workspace: Path) -> None:
    attacker = Path(canaries.__file__).read_text()
    files = {"items.json": '["victim", "attacker"]', "canaries.py": attacker, "canaries.yml": WORKFLOW}
    make_repository(workspace, {**files, "waiting.yml": WAITING, ".gitignore": "shared/\n"})
    with (workspace / ".git/config").open("a") as file:
        file.write('[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic CANARY\n')


@pytest.mark.parametrize("run_as", ("root", "owner"))
def test_an_item_gets_what_the_documentation_says(docker_image: str, job: Job, run_as: str) -> None:
    environ = {"SHARED": SHARED, "INPUT_CANARY": "CANARY-input", "ACTIONS_RUNTIME_TOKEN": "CANARY-token"}
    ended = DockerBackEnd(docker_image).run(job, {"workflow": "canaries.yml", "run-as": run_as}, environ=environ)

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    report = json.loads((job.workspace / "shared/report.json").read_text())
    assert len(report) == 12
    assert {name for name, succeeded in report.items() if succeeded} == documented(run_as) - never_in_containers()
    assert "CANARY" not in (job.workspace / "shared/env").read_text()
    assert foreign(job) == []


def never_in_containers() -> set[str]:
    """What the kernel of this machine allows nobody who lacks the right to trace."""
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    return {"tracing"} if scope.exists() and scope.read_text().strip() != "0" else set()


def foreign(job: Job) -> list[Path]:
    paths = [job.workspace, *(path for path in job.workspace.rglob("*") if path.parts[-2] != "shared")]
    return [path for path in paths if path.name != "shared" and (path.lstat().st_uid, path.lstat().st_gid) != OWNER]


@pytest.mark.parametrize("run_as", ("root", "owner"))
def test_the_post_step_makes_good_for_a_container_that_was_killed(docker_image: str, job: Job, run_as: str) -> None:
    name = f"prodigy-killed-{uuid.uuid4().hex[:8]}"
    inputs = ("-e", "INPUT_WORKFLOW=waiting.yml", "-e", f"INPUT_RUN-AS={run_as}")
    process = subprocess.Popen(container(job, docker_image, *inputs, name=name), stdout=subprocess.DEVNULL)
    try:
        while len(list((job.workspace / "shared").glob("*-[01]"))) < 2:
            assert process.poll() is None
            time.sleep(0.1)
    finally:
        subprocess.run(["docker", "kill", "--signal", "KILL", name], check=True, capture_output=True)
        process.wait()
    assert foreign(job) != []

    program = ("--entrypoint", "/usr/local/bin/prodigy-action-post")
    post = subprocess.run(container(job, docker_image, *inputs, *program), capture_output=True, text=True, check=False)

    assert (post.returncode, post.stderr) == (0, "")
    assert foreign(job) == []
    results = json.loads((job.workspace / "prodigy-results/results.json").read_text())
    assert [item["state"] for item in results["items"]] == ["cancelled", "cancelled"]
    users = {path.name.rpartition("-")[0] for path in (job.workspace / "shared").glob("*-[01]")}
    assert users == ({"root"} if run_as == "root" else {"prodigy-61185", "prodigy-61186"})


def container(job: Job, image: str, *options: str, name: str | None = None) -> list[str]:
    """A container on the job's workspace, with nothing else of it."""
    mounts = ("-v", f"{job.workspace}:/github/workspace", "-v", f"{job.temp / '_github_home'}:/github/home")
    fixed = ("-e", "GITHUB_ACTIONS=true", "-e", "HOME=/github/home", "-e", f"SHARED={SHARED}")
    named = ("--name", name) if name else ()
    return ["docker", "run", "--rm", "--workdir", "/github/workspace", *named, *fixed, *mounts, *options, image]


def test_as_another_user_than_root_the_run_works_and_says_that_there_are_no_users_to_be(
    docker_image: str, job: Job
) -> None:
    user = ("--user", f"{OWNER[0]}:{OWNER[1]}", "-e", "INPUT_RUN-AS=owner", "-e", "INPUT_WORKFLOW=quick.yml")
    (job.workspace / "quick.yml").write_text(WAITING.replace("; sleep 300", "").replace("$(id -un)", "$(id -u)"))
    ended = subprocess.run(container(job, docker_image, *user), capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "run-as: owner has no effect" in ended.stdout
    assert {path.name for path in (job.workspace / "shared").glob("*-[01]")} == {"1001-0", "1001-1"}


def test_a_workflow_file_can_come_from_another_checkout_than_the_items(docker_image: str, job: Job) -> None:
    base, head = job.workspace / "base", job.workspace / "head"
    workflow = WAITING.split("    - shell")[0] + '    - shell: touch "${item}" && git add -A && git commit -qm x\n'
    make_repository(base, {"prodigy.yml": workflow})
    make_repository(head, {"items.json": '["of-the-fork"]', "prodigy.yml": "name: not this one\n"})
    job.prepare(OWNER)
    inputs = {"workflow": "base/prodigy.yml", "working-directory": "head", "run-as": "owner"}
    ended = DockerBackEnd(docker_image).run(job, inputs)

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert (head / "of-the-fork").exists()
    assert (head / "prodigy-results/results.json").stat().st_uid == OWNER[0]


def test_the_image_describes_itself(docker_image: str) -> None:
    asked = ["docker", "image", "inspect", "--format", "{{json .Config}}", docker_image]
    config = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    helped = subprocess.run(
        ["docker", "run", "--rm", docker_image, "--help"], capture_output=True, text=True, check=True
    )

    assert "Usage: prodigy-action" in helped.stdout
    labels = ("title", "description", "licenses", "version", "revision", "source", "documentation")
    assert {f"org.opencontainers.image.{label}" for label in labels} <= set(config["Labels"])
    assert config.get("User", "") == ""
    tools = "for tool in git tini bash jq curl setpriv; do command -v $tool; done"
    certificates = "test -s /etc/ssl/certs/ca-certificates.crt"
    command = ["docker", "run", "--rm", "--entrypoint", "sh", docker_image, "-ec", f"{tools}; {certificates}"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
