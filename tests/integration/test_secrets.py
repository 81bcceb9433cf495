"""No text that leaves the program holds a secret of the run, or a part of one that a limit left over."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import git, make_repository

SECRET = "Xq7-vK2mZ9pL4wR8tB3nH6yD"
PART = 6
"""So many characters of the secret in a row are a leak: they occur nowhere by chance."""
SECRETS = "secrets: {TOKEN: {provider: env, key: SECRET_VALUE}}\n"


def parts(secret: str = SECRET) -> list[bytes]:
    encoded = base64.b64encode(secret.encode()).decode()
    return [text[start : start + PART].encode() for text in (secret, encoded) for start in range(len(text) - PART)]


def leaks(content: bytes) -> list[bytes]:
    return [part for part in parts() if part in content]


class Job:
    """A directory in which everything is that a run may write: checkout, temporary files, home, files of the runner."""

    def __init__(self, root: Path, files: dict[str, str] | None = None) -> None:
        self.root = root
        self.repository = make_repository(root / "checkout", files or {"seed.txt": "seed\n"})
        for name in ("tmp", "home", "runner"):
            (root / name).mkdir()
        for name in ("output", "summary"):
            (root / "runner" / name).touch()

    def start(self, workflow: str, *options: str, command: str = "run", value: str = SECRET) -> Ended:
        (self.root / "workflow.yml").write_text(SECRETS + workflow)
        return prodigy(
            self.repository,
            command,
            str(self.root / "workflow.yml"),
            *options,
            SECRET_VALUE=value,
            TMPDIR=str(self.root / "tmp"),
            HOME=str(self.root / "home"),
            GITHUB_ACTIONS="true",
            GITHUB_WORKSPACE=str(self.repository),
            GITHUB_OUTPUT=str(self.root / "runner/output"),
            GITHUB_STEP_SUMMARY=str(self.root / "runner/summary"),
        )

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Every file below the directory, and every object of the checkout, whoever wrote it."""
        for directory, _, names in os.walk(self.root):
            for name in names:
                path = Path(directory, name)
                if path.is_file() and not path.is_symlink():
                    yield str(path.relative_to(self.root)), path.read_bytes()
        listed = git(self.repository, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
        for object_id in listed:
            kind = git(self.repository, "cat-file", "-t", object_id).strip()
            yield f"object {object_id}", git(self.repository, "cat-file", kind, object_id).encode("utf-8", "replace")

    def assert_nothing_leaked(self, ended: Ended) -> None:
        for name, content in (("stdout", ended.stdout.encode()), ("stderr", ended.stderr.encode()), *self.contents()):
            assert not leaks(content), (name, leaks(content))


# An item prints the secret so that the limit of its kind falls behind the first N characters of it.
EVERY_CUT = """
name: cuts
env:
  SPELLED: "${TOKEN}"
setup:
  - shell: printf '%0100d%s' 0 "$TOKEN"
    id: long
  - shell: echo prepared
map:
  input: items.json
  max_parallel: 4
  agent_template:
    - shell: |
        n=${item.n}
        case ${item.kind} in
          tail) printf '%s' "$TOKEN"; head -c $((4096 - n)) /dev/zero | tr '\\0' x; exit 3 ;;
          errors) printf '%s' "$TOKEN" >&2; head -c $((4096 - n)) /dev/zero | tr '\\0' x >&2; exit 3 ;;
          output) printf '%s' "$TOKEN"; head -c $((4096 - n)) /dev/zero | tr '\\0' x ;;
          lines) for i in $(seq 400); do echo "$i $TOKEN"; done; exit 3 ;;
          left) printf '\\0%s' "$TOKEN" > binary; printf '%s' "$TOKEN" > text; exit 3 ;;
          *) printf '%s' "$TOKEN" ;;
        esac
    - shell: head -c $((80 - ${item.n})) /dev/zero | tr '\\0' y; printf '%s' "$TOKEN"
      when: ${item.kind} == "number"
      capture: number
      capture_format: number
    - shell: printf '%s' "$TOKEN"
      when: ${item.kind} == "captured"
      capture: value
    - claude: "${TOKEN}"
      when: ${item.kind} == "agent"
reduce:
  - write_file: {path: results.json, content: "${map.results_json}"}
  - shell: git add -A; git commit -qm results
error_policy: {max_failures: 1000, continue_on_failure: true}
"""


def test_no_limit_leaves_the_rest_of_a_secret_anywhere(tmp_path: Path) -> None:
    kinds = ("tail", "errors", "output", "number")
    items = [{"n": n, "kind": kind} for kind in kinds for n in range(0, len(SECRET) + 2, 3)]
    items += [{"n": 1, "kind": kind} for kind in ("lines", "left", "captured", "agent")]
    job = Job(tmp_path, {"items.json": json.dumps(items)})

    ended = job.start(EVERY_CUT, "--agent-command", "printf %s", "--log-level", "debug")

    assert ended.exit_code == 0, ended.stdout[-3000:]
    assert len(set(ended.states)) > 1
    job.assert_nothing_leaked(ended)
    reduced = json.loads(git(job.repository, "show", "HEAD:results.json"))
    assert reduced[len(items) - 2]["captures"] == {"value": "***"}
    assert "***" in (ended.results_dir / "summary.md").read_text()


WRONG = {
    "the input command": "map: {input: \"echo PAD $TOKEN; exit 3\", agent_template: [shell: 'true']}",
    "the path of the input": "map: {input: '${TOKEN}.json', agent_template: [shell: 'true']}",
    "max_parallel": "map: {input: \"echo '[1]'\", max_parallel: '${TOKEN}', agent_template: [shell: 'true']}",
    "a timeout": "map: {input: \"echo '[1]'\", agent_timeout_secs: '${TOKEN}', agent_template: [shell: 'true']}",
    "a command of env": "env: {A: {command: \"echo PAD $TOKEN; exit 3\"}}\nsetup: [shell: 'true']",
    "a secret command of env": "env: {A: {command: \"echo PAD $TOKEN; exit 3\", secret: true}}\nsetup: [shell: 'true']",
    "a filter": "map: {input: \"echo '[1]'\", filter: '${TOKEN} ==', agent_template: [shell: 'true']}",
    "the step": "setup: [shell: 'echo PAD $TOKEN; exit 3']",
    "a name": "setup: [{shell: 'exit 3', name: '${TOKEN}'}]",
    "the file of a step": "setup: [write_file: {path: '../${TOKEN}', content: x}]",
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("cut_at", (9, 17))
def test_no_report_of_a_failure_holds_a_secret(tmp_path: Path, what: str, cut_at: int) -> None:
    padded = "PAD" in WRONG[what]
    if not padded and cut_at != 9:
        return
    # The secret begins `cut_at` characters before the place where the end of an output is cut, 300 or 500 from its end.
    limit = 500 if "input" in what else 300
    text = WRONG[what].replace("echo PAD $TOKEN", f"printf %s%0{limit - len(SECRET) + cut_at}d $TOKEN 0")
    text = text.replace("PAD $TOKEN", "$TOKEN")
    job = Job(tmp_path)

    for command, options in (("run", ()), ("plan", ("--run-input",))):
        ended = job.start(f"name: wrong\n{text}\n", *options, command=command)
        assert ended.exit_code != 70, ended.stderr
        assert command != "run" or ended.exit_code in (1, 2), (ended.stdout, ended.stderr)
        job.assert_nothing_leaked(ended)


def test_a_plan_shows_no_secret(tmp_path: Path) -> None:
    job = Job(tmp_path, {"items.json": json.dumps([{"name": SECRET, "long": "x" * 60 + SECRET}])})
    workflow = """
name: planned
map:
  input: items.json
  agent_template:
    - shell: "echo Xq7-vK2mZ9pL4wR8tB3nH6yD"
    - shell: "echo LONGXq7-vK2mZ9pL4wR8tB3nH6yD"
""".replace("LONG", "x" * 82)
    for command, options in (
        ("plan", ()),
        ("plan", ("--format", "json", "--explain")),
        ("run", ("--dry-run",)),
    ):
        ended = job.start(workflow, *options, command=command)
        assert ended.exit_code == 0, ended.stderr
        assert "***" in ended.stdout
        assert not leaks(ended.stdout.encode())
        assert not leaks(ended.stderr.encode())


def test_the_token_of_the_job_is_a_secret_of_every_run(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a": "a"})
    (tmp_path / "w.yml").write_text('name: w\nsetup:\n  - shell: echo "$GITHUB_TOKEN"; exit 1\n')

    ended = prodigy(
        repository, "run", str(tmp_path / "w.yml"), "--env-allow", "GITHUB_TOKEN", GITHUB_TOKEN="ghs_" + SECRET
    )

    assert ended.exit_code == 1
    assert not leaks(ended.stdout.encode())
    assert "***" in (ended.results_dir / "logs/setup.log").read_text()


COMMITS = {
    "a file": "printf 'key=%s' \"$TOKEN\" > config; git add -A; git commit -qm x",
    "a binary file": "printf '\\0%s\\0' \"$TOKEN\" > config; git add -A; git commit -qm x",
    "base64": "printf 'user:%s' \"$TOKEN\" | base64 > config; git add -A; git commit -qm x",
    "a message": 'git commit -q --allow-empty -m "with $TOKEN"',
    "the name of a file": 'touch "$TOKEN"; git add -A; git commit -qm x',
    "the name of a directory": 'mkdir "a$TOKEN"; touch "a$TOKEN/b"; git add -A; git commit -qm x',
    "the target of a link": 'ln -s "$TOKEN" link; git add -A; git commit -qm x',
    "a commit that is undone": 'echo "$TOKEN" > a; git add -A; git commit -qm x; git rm -q a; git commit -qm y',
    "a merge": 'git checkout -qb s; echo "$TOKEN" > a; git add -A; git commit -qm x; git checkout -q -; '
    "git commit -q --allow-empty -m z; git merge -q s -m m",
    "a pack": 'echo "$TOKEN" > a; git add -A; git commit -qm x; git gc -q',
    "one more line": 'echo "$TOKEN" >> old; git add -A; git commit -qm x',
}
TWO_ITEMS = """
name: commits
map:
  input: items.json
  agent_template:
    - shell: |
        if [ ${item} = 1 ]; then COMMAND
        else echo good > good; git add -A; git commit -q --allow-empty -m good; fi
error_policy: {max_failures: 1, continue_on_failure: true}
"""
BASE = {"items.json": "[0, 1]", "old": f"{SECRET}\n"}


@pytest.mark.parametrize("what", COMMITS)
def test_a_commit_with_a_secret_is_refused_and_others_land(tmp_path: Path, what: str) -> None:
    files = BASE if what == "one more line" else {"items.json": "[0, 1]"}
    job = Job(tmp_path, files)

    ended = job.start(TWO_ITEMS.replace("COMMAND", COMMITS[what]))

    assert ended.states == ["succeeded", "failed"], ended.stdout
    assert ended.results["items"][1]["error"]["kind"] == "secret_in_commit"
    assert git(job.repository, "ls-tree", "--name-only", "HEAD").split() == sorted([*files, "good"])
    if what != "one more line":
        job.assert_nothing_leaked(ended)


def test_a_secret_that_a_file_held_before_does_not_matter(tmp_path: Path) -> None:
    job = Job(tmp_path, BASE)

    ended = job.start(TWO_ITEMS.replace("COMMAND", "echo more >> old; git mv old new; git add -A; git commit -qm x"))
    moved = ended.states
    ended = job.start(TWO_ITEMS.replace("COMMAND", "echo more >> old; git add -A; git commit -qm x"))

    assert moved == ["succeeded", "failed"], "a file at a new path holds the secret"
    assert ended.states == ["succeeded", "succeeded"], ended.stdout


def test_commits_with_secrets_land_when_that_is_allowed(tmp_path: Path) -> None:
    job = Job(tmp_path, {"items.json": "[0, 1]"})

    ended = job.start(TWO_ITEMS.replace("COMMAND", COMMITS["a file"]), "--allow-secrets-in-commits")

    assert ended.states == ["succeeded", "succeeded"]
    assert SECRET in git(job.repository, "show", "HEAD:config")


@pytest.mark.parametrize("phase", ("setup", "reduce"))
def test_a_phase_that_commits_a_secret_fails(tmp_path: Path, phase: str) -> None:
    job = Job(tmp_path, {"items.json": "[0]"})
    workflow = f"""
name: phases
map:
  input: items.json
  agent_template: [shell: "echo good > good; git add -A; git commit -qm good"]
{phase}:
  - shell: echo "$TOKEN" > a; git add -A; git commit -qm secret
"""
    ended = job.start(workflow)

    assert ended.exit_code == 1
    assert ended.results["phases"][phase]["error"]["kind"] == "secret_in_commit"
    job.assert_nothing_leaked(ended)


OTHER_SOURCES = {
    "a secret and a parameter": ("", ("--param", f"TOKEN={SECRET}")),
    "a secret and the default of a parameter": (f"parameters: {{TOKEN: {{default: {SECRET}}}}}", ()),
    "a text inside a parameter": (
        "parameters: {TOKEN: {type: object}}",
        ("--param", f'TOKEN={{"a": ["{SECRET}"]}}'),
    ),
    "a variable and a parameter": ("env: {KEY: {value: first, secret: true}}", ("--param", f"KEY={SECRET}")),
    "a command and a parameter": ("env: {KEY: {command: echo first, secret: true}}", ("--param", f"KEY={SECRET}")),
    "a variable and a profile": (
        f"env: {{KEY: {{value: first, secret: true}}}}\nprofiles: {{live: {{KEY: {SECRET}}}}}",
        ("--profile", "live"),
    ),
    "a variable and a step": ("env: {KEY: {value: first, secret: true}}", ()),
    "a variable and a computed value of a profile": (
        (
            f"env: {{KEY: {{command: echo first, secret: true}}, REST: {SECRET[8:]}}}\n"
            f'profiles: {{live: {{KEY: "{SECRET[:8]}${{REST}}"}}}}'
        ),
        ("--profile", "live"),
    ),
}


@pytest.mark.parametrize("sources", OTHER_SOURCES)
def test_every_value_of_a_secret_name_is_a_secret(tmp_path: Path, sources: str) -> None:
    top, options = OTHER_SOURCES[sources]
    name = "KEY" if "KEY" in top else "TOKEN"
    own = f"env: {{KEY: {SECRET}}}" if sources == "a variable and a step" else ""
    workflow = f"""
name: sources
{top}
map:
  input: [{{n: 0}}, {{n: 1}}]
  agent_template:
    - shell: printf 'said %s\\n' "${name}" | tee /dev/stderr; echo "${{{name}}}"
      name: step ${{{name}}}
      capture: spoken
      {own}
    - shell: |
        if [ ${{item.n}} = 1 ]; then echo "${name}" > config; else echo good > good; fi
        git add -A; git commit -qm x
      {own}
reduce:
  - shell: 'true'
    name: as planned with ${{{name}}} and {SECRET if "computed" not in sources else ""}
error_policy: {{max_failures: 1, continue_on_failure: true}}
"""
    job = Job(tmp_path)

    planned = job.start(workflow, *options, command="plan", value="another-value")
    ended = job.start(workflow, *options, value="another-value")

    assert planned.exit_code == 0, planned.stderr
    assert ended.states == ["succeeded", "failed"], ended.stdout
    assert ended.results["items"][1]["error"]["kind"] == "secret_in_commit"
    assert "said ***" in (ended.results_dir / "logs/item-0000.log").read_text()
    assert not leaks((planned.stdout + planned.stderr).encode())
    (tmp_path / "workflow.yml").unlink()
    job.assert_nothing_leaked(ended)


AGENT = r"""#!/bin/sh
for prompt; do :; done
case "$prompt" in
  error*) printf '{"type": "result", "is_error": true, "result": "%0291d%s"}' 0 "$TOKEN" ;;
  much*) head -c $((16 * 1024 * 1024 - 9)) /dev/zero | tr '\0' x; printf %s "$TOKEN" ;;
  *) exit 3 ;;
esac
"""


def test_no_limit_leaves_the_rest_of_a_secret_that_an_agent_program_got_or_printed(tmp_path: Path) -> None:
    half = 58 * 1024
    """So much of the begin and of the end is kept of a prompt that is too long."""
    long = {"begin": "x" * (half - len("long ") - 9), "middle": "y" * 30_000, "end": "z" * (half - 9)}
    kinds = ("error", "much", "long")
    items = [{"kind": kind, **(long if kind == "long" else dict.fromkeys(long, ""))} for kind in kinds]
    job = Job(tmp_path, {"items.json": json.dumps(items)})
    agent = tmp_path / "agent"
    agent.write_text(AGENT)
    agent.chmod(0o755)
    workflow = """
name: agents
map:
  input: items.json
  key: kind
  agent_template:
    - claude: "${item.kind} ${item.begin}${TOKEN}${item.middle}${TOKEN}${item.end}"
error_policy: {max_failures: 5, continue_on_failure: true}
"""
    ended = job.start(workflow, "--agent-command", str(agent))

    assert ended.states == ["failed", "unchanged", "failed"], ended.stdout[-3000:]
    assert "***…" in ended.results["items"][0]["error"]["message"]
    job.assert_nothing_leaked(ended)


def test_a_binary_file_that_is_too_large_to_be_searched_is_left_out_of_a_patch(tmp_path: Path) -> None:
    workflow = """
name: patches
map:
  input: [1]
  agent_template:
    - shell: truncate -s 260M large; printf 'a\\0b' > small; printf '\\0%s' "$TOKEN" > spoken; exit 3
error_policy: {max_failures: 1}
"""
    job = Job(tmp_path)
    ended = job.start(workflow)

    patch = (ended.results_dir / "patches/item-0000.patch").read_text()
    said = [part for part in patch.split("diff --git ") if part]
    assert [part.split()[0] for part in said] == ["a/large", "a/small", "a/spoken"]
    assert "it is too large to be searched for secrets" in said[0]
    assert "literal 3" in said[1]
    assert "it holds a secret" in said[2]
    job.assert_nothing_leaked(ended)
