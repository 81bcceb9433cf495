"""`reproduce`: one item of an ended run, executed once more, with the same exit code and the same changes."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import git, make_repository, write
from tests.support.reproducing import reproduce, state_of

SECRET = "s3cret-of-the-run"

WORKFLOW = """
name: kinds
secrets: {TOKEN: {provider: env, key: TOKEN}}
env: {SHARED: from-env}
parameters:
  definitions:
    level: {type: string, default: low}
profiles:
  slow: {PACE: slowly}
setup:
  - shell: echo by-setup > made.txt; git add made.txt; git commit -qm setup
  - shell: echo $((40 + 2))
    capture: answer
  - shell: date +%s%N
    capture: stamp
map:
  input:
    - {id: exit, code: 7}
    - {id: uncommitted, code: 3}
    - {id: committed, code: 4}
    - {id: captured, code: 5}
    - {id: env, code: 6}
    - {id: secret, code: 8}
    - {id: loop, code: 1}
    - {id: retried, code: 10}
    - {id: timeout, code: 124}
    - {id: parameter, code: 11}
    - {id: profile, code: 12}
    - {id: killed, code: 137}
    - {id: binary, code: 13}
    - {id: own-capture, code: 14}
    - {id: handler, code: 15}
    - {id: no-number, code: 1}
    - {id: first, code: 0}
    - {id: second, code: 0}
  key: id
  commit: auto
  agent_template:
    - name: note
      shell: echo "${item.id} ${answer} $(cat made.txt)" > "of-${item.id}.txt"
    - {when: "item.id == 'exit'", shell: "echo failing; exit 7"}
    - {when: "item.id == 'uncommitted'", shell: "echo more >> file1.txt; rm file2.txt; exit 3"}
    - {when: "item.id == 'committed'", shell: "git add -A && git commit -qm one && echo x > x.txt && exit 4"}
    - {when: "item.id == 'captured'", shell: 'echo ${stamp} > stamp.txt; exit 5'}
    - {when: "item.id == 'env'", shell: 'echo "$SHARED" > shared.txt; exit 6'}
    - {when: "item.id == 'secret'", shell: 'printf %s "$TOKEN" > token.txt; echo "$TOKEN"; exit 8'}
    - when: item.id == 'loop'
      foreach:
        input: [one, two, three]
        do: [{shell: 'echo ${item} >> turns.txt; test ${item} != two || exit 9'}]
    - when: item.id == 'retried'
      shell: 'echo try >> tries.txt; exit 10'
      retry: {attempts: 3, initial_delay: 0s}
    - {when: "item.id == 'timeout'", shell: "echo begun > begun.txt; sleep 60", timeout: 1}
    - {when: "item.id == 'parameter'", shell: 'echo ${level} > level.txt; exit 11'}
    - {when: "item.id == 'profile'", shell: 'echo "$PACE" > pace.txt; exit 12'}
    - {when: "item.id == 'killed'", shell: 'kill -9 $$'}
    - {when: "item.id == 'binary'", shell: "printf 'a\\\\000b' > binary; chmod +x file3.txt; exit 13"}
    - {when: "item.id == 'own-capture'", shell: echo mine, capture: own}
    - {when: "item.id == 'own-capture'", shell: 'echo "${own}" > own.txt; exit 14'}
    - when: item.id == 'handler'
      shell: exit 15
      on_failure: {shell: 'echo handled > handled.txt', fail_workflow: true, retry_original: false}
    - {when: "item.id == 'no-number'", shell: echo no, capture: number, capture_format: number}
    - {when: "item.id == 'first' || item.id == 'second'", shell: 'echo ${item.id} > contested.txt'}
"""
CODES = {
    "exit": 7, "uncommitted": 3, "committed": 4, "captured": 5, "env": 6, "secret": 8, "loop": 1, "retried": 10,
    "timeout": 124, "parameter": 11, "profile": 12, "killed": 137, "binary": 13, "own-capture": 14, "handler": 15,
}  # fmt: skip


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    repository = make_repository(tmp_path_factory.mktemp("reproduce") / "r")
    options = ("--param", "level=high", "--profile", "slow", "--fail-on", "never")
    done = run(repository, WORKFLOW, *options, TOKEN=SECRET)
    states = dict(zip((item["key"] for item in done.results["items"]), done.states, strict=True))
    assert states.pop("first") == "succeeded", done.stdout + done.stderr
    assert states.pop("second") == "conflicted"
    assert states.pop("timeout") == "timed_out"
    assert set(states.values()) == {"failed"}
    before = state_of(repository)
    yield done
    assert state_of(repository) == before, "reproducing changes neither the checkout nor the results"


@pytest.mark.parametrize("key", CODES)
def test_a_failed_item_ends_with_the_same_exit_code_and_the_same_changes(ended: Ended, key: str) -> None:
    done = reproduce(ended.repository, key, TOKEN=SECRET)
    assert done.exit_code == CODES[key], done.stderr
    assert done.is_as_in_the_run, done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_failure_without_an_exit_code_ends_with_1(ended: Ended) -> None:
    done = reproduce(ended.repository, "no-number", TOKEN=SECRET)
    assert done.exit_code == 1
    assert done.is_as_in_the_run, done.stderr


def test_a_conflicted_item_succeeds_alone_and_its_conflict_is_named(ended: Ended) -> None:
    done = reproduce(ended.repository, "second", TOKEN=SECRET)
    assert done.exit_code == 0
    assert "as in the run, where its commits did not land: conflict in contested.txt with first" in done.stderr


def test_the_line_of_the_results_reproduces_the_item_from_a_shell(ended: Ended) -> None:
    items = {item["key"]: item for item in ended.results["items"]}
    assert items["first"]["reproduce"] is None
    program, *arguments = shlex.split(items["exit"]["reproduce"])
    assert program == "prodigy-action"
    done = prodigy(ended.repository, *arguments, TOKEN=SECRET)
    assert done.exit_code == 7, done.stderr
    assert done.stdout.endswith("failing\n")
    assert "item 0 (exit)" in done.stderr


def test_every_report_has_the_line_of_every_failed_item(ended: Ended) -> None:
    lines = [item["reproduce"] for item in ended.results["items"] if item["reproduce"]]
    assert len(lines) == 17
    files = ("summary.md", "report.html", "junit.xml", "log.jsonl")
    texts = {"console": ended.stdout, **{name: (ended.results_dir / name).read_text() for name in files}}
    missing = {name: [line for line in lines if line not in text] for name, text in texts.items()}
    assert not any(missing.values()), missing
    assert f"To reproduce the first failure: <code>{lines[0]}</code>" in texts["summary.md"]


def test_a_missing_secret_is_named(ended: Ended) -> None:
    done = reproduce(ended.repository, "exit")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'TOKEN'" in done.stderr


def test_the_steps_until_one_run_and_no_other(ended: Ended) -> None:
    done = reproduce(ended.repository, "0", "--until", "note", "--keep", TOKEN=SECRET)
    assert done.exit_code == 0, done.stderr
    worktree = Path(done.stdout.splitlines()[-1])
    assert (worktree / "of-exit.txt").read_text() == "exit 42 by-setup\n"
    assert "failing" not in done.stdout
    shutil.rmtree(_kept(worktree))


def test_a_kept_worktree_is_one_of_git(ended: Ended) -> None:
    done = reproduce(ended.repository, "uncommitted", "--keep", TOKEN=SECRET)
    assert done.exit_code == 3, done.stderr
    worktree = Path(done.stdout.splitlines()[-1])
    assert set(git(worktree, "status", "--porcelain").splitlines()) == {
        " M file1.txt", " D file2.txt", "?? of-uncommitted.txt",
    }  # fmt: skip
    patch = next((_kept(worktree) / "results/patches").iterdir())
    assert patch.read_bytes() == (ended.results_dir / "patches" / patch.name).read_bytes()
    shutil.rmtree(_kept(worktree))


def test_a_shell_opens_in_front_of_a_step_with_its_environment(ended: Ended, tmp_path: Path) -> None:
    shell = tmp_path / "shell"
    shell.write_text(
        '#!/bin/sh\nls of-env.txt shared.txt > seen; cat "$PRODIGY_ITEM_FILE" >> seen; echo "$SHARED" >> seen\nexit 5\n'
    )
    shell.chmod(0o755)
    done = reproduce(ended.repository, "env", "--shell", "--until", "6", "--keep", TOKEN=SECRET, SHELL=str(shell))
    assert done.exit_code == 5, done.stderr
    worktree = Path(done.stdout.splitlines()[-1])
    assert (worktree / "seen").read_text() == 'of-env.txt\n{"id":"env","code":6}from-env\n'
    shutil.rmtree(_kept(worktree))


@pytest.mark.parametrize(
    ("arguments", "message"),
    (
        (("nobody",), "no item has the id, the key or the name 'nobody'"),
        (("committedd",), "did you mean `committed`?"),
        (("99",), "ids are 0 to 17"),
        (("exit", "--until", "nowhere"), "no step of the item is 'nowhere'"),
        (("exit", "--until", "21"), "write a number from 1 to 19"),
    ),
)
def test_what_the_run_does_not_have_is_refused(ended: Ended, arguments: tuple[str, ...], message: str) -> None:
    done = reproduce(ended.repository, *arguments, TOKEN=SECRET)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def _kept(worktree: Path) -> Path:
    """The whole directory that `--keep` keeps."""
    return next(path for path in worktree.parents if path.name.startswith("prodigy-reproduced-"))


REFUSED = """
name: refused
parameters:
  definitions:
    token: {type: string, required: true}
env: {KEPT: {value: "${token}", secret: true}}
map:
  input: ["ok", "bad ${token}"]
  agent_template:
    - shell: 'test "${item}" = ok || exit 6'
"""


IMAGE = f"ghcr.io/org/prodigy-action@sha256:{'5' * 64}"


@pytest.fixture
def other(tmp_path: Path) -> Ended:
    """A run with a secret parameter, its workflow in the repository, its results elsewhere."""
    repository = make_repository(tmp_path / "r", {"prodigy.yml": REFUSED})
    done = prodigy(repository, "run", "--param", f"token={SECRET}", PRODIGY_ACTION_IMAGE=IMAGE)
    assert done.states == ["unchanged", "failed"], done.stdout + done.stderr
    return done


def test_a_secret_parameter_comes_from_the_environment(other: Ended) -> None:
    missing = reproduce(other.repository, "1")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "export token=…" in missing.stderr
    wrong = reproduce(other.repository, "1", token="another")
    assert wrong.exit_code == 2
    assert "parameter token changed" in wrong.stderr
    done = reproduce(other.repository, "1", token=SECRET)
    assert done.exit_code == 6, done.stderr
    assert done.is_as_in_the_run, done.stderr
    assert other.results["image"] == IMAGE
    assert (
        f'docker run --rm --env token --volume "$PWD:/github/workspace" {IMAGE} reproduce prodigy-results 1\n'
        in done.stderr
    )
    assert "docker run" not in reproduce(other.repository, "1", token=SECRET, PRODIGY_ACTION_IMAGE=IMAGE).stderr
    assert SECRET not in (other.results_dir / "events.jsonl").read_text()


def test_results_of_another_place_and_time_are_refused_with_what_to_do(other: Ended, tmp_path: Path) -> None:
    repository, results = other.repository, other.results_dir
    base = other.results["base_sha"]
    elsewhere = make_repository(tmp_path / "elsewhere", {"prodigy.yml": REFUSED, "more": ""})
    shutil.copytree(results, elsewhere / "prodigy-results")
    done = reproduce(elsewhere, "1", token=SECRET)
    assert done.exit_code == 2
    assert f"git fetch origin {base}" in done.stderr

    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    shutil.copytree(results, clone / "prodigy-results")
    write(clone, "sub/later.txt", "later\n")
    assert reproduce(clone / "sub", "1", token=SECRET).exit_code == 6, "from a directory below the top"

    write(clone, "prodigy.yml", REFUSED.replace("exit 6", "exit 5"))
    changed = reproduce(clone, "1", token=SECRET)
    assert changed.exit_code == 2
    assert "map.agent_template changed" in changed.stderr
    assert f"git worktree add ../{base[:12]} {base}" in changed.stderr

    journal = results / "events.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    assert json.loads(lines[-1])["event"] == "run_finished"
    journal.write_text("".join(lines[:-1]))
    unfinished = reproduce(repository, "1", token=SECRET)
    assert unfinished.exit_code == 2
    assert "--resume-from prodigy-results" in unfinished.stderr
    shutil.rmtree(results)
    nothing = reproduce(repository, "1", token=SECRET)
    assert nothing.exit_code == 2
    assert "events.jsonl is not there" in nothing.stderr


MANY = """
name: many
setup:
  - shell: seq 50 > numbers.txt; git add numbers.txt; git commit -qm numbers
map:
  input: cat numbers.txt
  commit: auto
  max_parallel: 8
  agent_template:
    - shell: 'echo "${item}" > "made-${item}.txt"; sed -i "s/^${item}\\$/&0/" numbers.txt'
    - shell: 'if [ $((${item} % 2)) = 0 ]; then git add -A && git commit -qm half; echo later >> numbers.txt; fi'
    - shell: exit $((${item} % 100 + 3))
"""
SAMPLED = (0, 7, 24, 49)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    done = run(make_repository(tmp_path_factory.mktemp("many") / "r"), MANY)
    assert done.states == ["failed"] * 50, done.stdout + done.stderr
    return done


def _ends_as_in_the_run(many: Ended, item_id: int) -> bool:
    done = reproduce(many.repository, str(item_id))
    return done.is_as_in_the_run and done.exit_code == many.results["items"][item_id]["error"]["exit_code"]


@pytest.mark.parametrize("item_id", SAMPLED)
def test_an_item_of_many_ends_as_in_the_run(many: Ended, item_id: int) -> None:
    assert _ends_as_in_the_run(many, item_id)


@pytest.mark.stress
def test_every_item_of_many_ends_as_in_the_run(many: Ended) -> None:
    assert [item_id for item_id in range(50) if not _ends_as_in_the_run(many, item_id)] == []
