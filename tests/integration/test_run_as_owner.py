"""`run-as: owner` through the command line: every worktree has a user, and everything else works as it did."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.support.blackbox import prodigy
from tests.support.fake_job import RUNNER, FakeJob, fake_job
from tests.support.git import clean_environ, git
from tests.support.starting import Running, begin

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="users are changed by root alone")


@pytest.fixture
def job() -> Iterator[FakeJob]:
    with fake_job() as made:
        yield made


def write(job: FakeJob, workflow: str) -> None:
    (job.root / "workflow.yml").write_text(workflow)


EVERY_PHASE = """
name: phases
mode: mapreduce
env:
  FROM_A_COMMAND: {command: "echo inputs $(id -u) $(id -G) >> $SHARED/who-$(id -u)"}
setup:
  - shell: echo "setup $(id -u) $(id -G)" >> "$SHARED/who-$(id -u)"
  - shell: mkdir made && echo carried > made/file; echo more >> canaries.py
  - shell: git config user.name "set up"
map:
  input: items.json
  json_path: $[*]
  max_parallel: 2
  agent_template:
    - shell: echo "item $(id -u) $(id -G)" >> "$SHARED/who-$(id -u)"
    - shell: ls -A "$HOME" > "$SHARED/home-${item_index}"; touch "$HOME/left"
    - shell: test "$(cat made/file)" = carried && tail -n 1 canaries.py | grep -q more
    - shell: grep -qx '"${item}"' "$PRODIGY_ITEM_FILE"
    - write_file: {path: "out/${item}.txt", content: "${item}", create_dirs: true}
    - shell: echo "more ${item}" >> "out/${item}.txt" && git add -A && git commit -qm "add ${item}"
    - shell: test "${step.files_added}" = "out/${item}.txt" && git log -1 --format=%an > "$SHARED/author-${item_index}"
reduce:
  - shell: echo "reduce $(id -u) $(id -G)" >> "$SHARED/who-$(id -u)"
  - shell: cat out/*.txt > all.txt && git add -A && git commit -qm all
merge:
  - shell: echo "merge $(id -u) $(id -G)" >> "$SHARED/who-$(id -u)"
"""


STREAMS = """
name: streams
map:
  input: items.json
  agent_template:
    - shell: echo one > /dev/stderr; echo two > /dev/stdout; echo three | tee /dev/stderr
"""


def test_a_step_writes_to_its_standard_streams_by_name(job: FakeJob) -> None:
    write(job, STREAMS)
    ended = prodigy(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **job.environ)

    assert set(ended.states) == {"unchanged"}, ended.stdout
    log = (ended.results_dir / "logs/item-0000.log").read_text()
    assert sorted(log.split()[-4:]) == ["one", "three", "three", "two"]


def test_every_phase_runs_as_users_without_groups_and_everything_lands(job: FakeJob) -> None:
    write(job, EVERY_PHASE)
    ended = prodigy(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **job.environ)

    assert ended.exit_code == 0, ended.stdout + "".join(path.read_text() for path in ended.results_dir.glob("logs/*"))
    who = {tuple(line.split()) for path in job.shared.glob("who-*") for line in path.read_text().splitlines()}
    users = {phase: {user for name, user, *_ in who if name == phase} for phase, *_ in who}
    assert users.keys() == {"inputs", "setup", "item", "reduce", "merge"}
    assert all(len(line) == 3 and line[1] == line[2] and int(line[1]) >= 61_184 for line in who)
    assert users["setup"] == users["inputs"] == users["reduce"] == users["merge"]
    assert len(users["item"]) == 2
    assert users["item"].isdisjoint(users["setup"])
    assert [(job.shared / f"home-{index}").read_text() for index in range(2)] == ["", ""]
    assert [(job.shared / f"author-{index}").read_text() for index in range(2)] == ["set up\n"] * 2
    assert [path for path in job.workspace.rglob("*") if path.lstat().st_uid != RUNNER[0]] == []
    trusting = ("-c", "safe.directory=*")
    landed = git(job.workspace, *trusting, "show", "HEAD:all.txt")
    assert landed == "attackermore attacker\nvictimmore victim"
    assert git(job.workspace, *trusting, "status", "--porcelain") == ""


HOME_IS_EMPTY_AGAIN = """
name: homes
mode: mapreduce
map:
  input: items.json
  json_path: $[*]
  max_parallel: 1
  agent_template:
    - shell: test -z "$(ls -A "$HOME")" && test "$(ps -u "$(id -u)" -o stat=,comm= | grep -v "^Z" | grep -c sleep)" = 0
    - shell: touch "$HOME/left"; (env -i setsid sleep 300 &)
"""


def test_the_next_item_in_a_worktree_finds_neither_files_nor_processes_of_the_one_before(job: FakeJob) -> None:
    write(job, HOME_IS_EMPTY_AGAIN)
    ended = prodigy(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **job.environ)

    assert ended.states == ["unchanged", "unchanged"], ended.stdout
    assert processes_of_runs() == []


def processes_of_runs() -> list[str]:
    """What items started and what still runs; whoever ends such processes may be seen doing so."""
    listed = subprocess.run(["ps", "-eo", "uid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line for line in listed.splitlines() if line.split()[1][0] != "Z" and "sleep" in line]
    return [line for line in lines if 61_184 <= int(line.split()[0]) < 65_534]


WAITING = """
name: waiting
mode: mapreduce
map:
  input: items.json
  json_path: $[*]
  max_parallel: 2
  agent_template:
    - shell: id -u > "$SHARED/users-$RUN-${item_index}"; (env -i setsid sleep 300 &); sleep 300
"""


def started(job: FakeJob, number: int) -> Running:
    environ = clean_environ(**job.environ, RUN=str(number))
    options = ("--run-as", "owner", "--results-dir", f"results-{number}")
    return begin(("run", "../workflow.yml", *options), job.workspace, environ)


def users_of(job: FakeJob, number: int) -> set[str]:
    """Both users of a run, as soon as both items are at work."""
    for _ in range(1200):
        users = {path.read_text().strip() for path in job.shared.glob(f"users-{number}-*")}
        if len(users - {""}) == 2:
            return users
        time.sleep(0.05)
    raise AssertionError("the items did not start")


def test_two_runs_at_once_have_different_users_and_a_killed_one_leaves_no_process(job: FakeJob) -> None:
    write(job, WAITING)
    first, second = started(job, 1), started(job, 2)
    try:
        assert users_of(job, 1).isdisjoint(users_of(job, 2))
    finally:
        first.send_signal(signal.SIGKILL)
        second.send_signal(signal.SIGTERM)
        first.wait()
    assert second.wait(30) == 143
    for _ in range(200):
        if not processes_of_runs():
            break
        time.sleep(0.05)
    assert processes_of_runs() == []


def test_objects_that_only_the_owner_can_read_are_a_plain_error(job: FakeJob) -> None:
    (job.workspace / ".git/objects").chmod(0o700)
    ended = prodigy(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **job.environ)

    assert ended.exit_code == 1
    assert "can be read by its owner alone" in ended.events[-1]["message"]
    assert "Traceback" not in ended.stdout + ended.stderr


def test_more_items_at_a_time_than_there_are_users_is_a_plain_error(job: FakeJob) -> None:
    options = ("--run-as", "owner", "--max-parallel", "256")
    ended = prodigy(job.workspace, "run", "../workflow.yml", *options, **job.environ)

    assert ended.exit_code == 2
    assert re.search(r"users for 255 items at a time, not for 256", ended.stdout + ended.stderr)


LINKING = """
name: linking
mode: mapreduce
setup:
  - shell: ln -s CHECKOUT/.git/config made.json
map:
  input: made.json
  agent_template:
    - shell: "true"
"""


def test_what_setup_links_to_is_not_read_with_roots_rights(job: FakeJob) -> None:
    write(job, LINKING.replace("CHECKOUT", str(job.workspace)))
    ended = prodigy(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **job.environ)

    assert ended.exit_code in {1, 2}
    output = ended.stdout + ended.stderr + (ended.results_dir / "events.jsonl").read_text()
    assert re.search(r"cannot read the item file as user \d+: permission denied", output, re.IGNORECASE)
    assert "CANARY" not in output


WRITING = """
name: writing
mode: mapreduce
map:
  input: items.json
  json_path: $[*]
  agent_template:
    - write_file: {path: "deep/er/${item}.sh", content: "echo ${item}", create_dirs: true, mode: "0755"}
    - shell: test "$(stat -c %u:%a "deep/er/${item}.sh")" = "$(id -u):755"
    - shell: test "$("./deep/er/${item}.sh")" = "${item}"
    - shell: rm -r deep && mkdir deep && chmod 500 deep
    - write_file: {path: "deep/no.txt", content: "no"}
"""


def test_files_are_written_with_the_rights_of_the_worktrees_user(job: FakeJob) -> None:
    write(job, WRITING)
    ended = prodigy(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **job.environ)

    assert [item["error"]["step"] for item in ended.results["items"]] == ["write_file deep/no.txt"] * 2, ended.stdout
