"""Words like `env`, `eval` and `sh` that are arguments of a plain command: names, and nothing that runs."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from prodigy_action.pure.shell.syntax.standing import standing_text
from tests.attack.flows import judged, roots_of
from tests.support.blackbox import prodigy
from tests.support.git import make_repository
from tests.support.shell_parsing import PARSER, render_shell

CLUSTERS = (
    "kubectl set",
    "kubectl annotate pod x",
    "docker build --build-arg",
    "docker tag",
    "sudo -E kubectl -n a set",
)
PLAIN = (
    *CLUSTERS,
    "git add",
    "git commit -m",
    "echo",
    "printf '%s\\n'",
    "grep -rn",
    "curl -d",
    "apt-get install -y",
    "tee",
)
WRAPPED = ("timeout 60 kubectl set", "sudo -u root apt-get install", "nice -n 5 grep", "xargs -0 echo", "env A=1 cat")
UNKNOWN = (
    "npm run",
    "helm upgrade",
    "aws lambda",
    "./deploy.sh",
    "sudo ./deploy.sh",
    "python3 deploy.py",
    "gh workflow run",
)
WORDS = (
    *("eval", "trap", "source", ".", "alias", "read", "mapfile", "unset", "wait", "declare", "local", "export", "let"),
    *("readonly", "test", "set", "command", "env", "sudo", "xargs", "find", "awk", "su", "ssh", "at", "make", "watch"),
)
SHELLS = ("sh", "bash", "zsh", "/bin/sh")
ARGUMENTS = ('"${item.v}"', "ENV=${item.v}", "deployment/x BASH_ENV=${item.v}", '-n "${item.v}"')


def texts() -> list[str]:
    plain = [
        f"{command} {word} {argument}"
        for command, word, argument in product(PLAIN + WRAPPED, WORDS + SHELLS, ARGUMENTS)
    ]
    return plain + [f"{command} {word} {argument}" for command, word, argument in product(UNKNOWN, WORDS, ARGUMENTS)]


def test_no_argument_of_a_plain_command_is_refused_or_warned_of() -> None:
    assert len(texts()) > 2500
    PARSER.parse_now(standing_text(text, roots_of(text)).text for text in texts())
    assert [text for text in texts() if judged(text, "bash") != "silent"] == []


def test_values_with_any_start_may_stand_there() -> None:
    for text in (f"{command} {word} {ARGUMENTS[0]}" for command, word in product(PLAIN + WRAPPED, SHELLS)):
        assert render_shell(text, {"item": {"v": "-c touch pwned"}}, interpreter="bash").script


@pytest.mark.parametrize(
    "text",
    (
        *(
            "env BASH_ENV=${item.v} make",
            "sudo -u root BASH_ENV=${item.v} make",
            "timeout 5 env -i BASH_ENV=${item.v} make",
        ),
        *(
            "env -u X BASH_ENV=${item.v} make",
            "kubectl exec p -- env BASH_ENV=${item.v} sh x",
            "sudo env BASH_ENV=${item.v} x",
        ),
        *("docker run -e BASH_ENV=${item.v} image", "kubectl run p --image=i --env BASH_ENV=${item.v}"),
        *(
            'sudo bash -c "${item.v}"',
            'timeout 5 sh -c "${item.v}"',
            'timeout -v 5 sh -c "${item.v}"',
            './run.sh sh -c "${item.v}"',
        ),
        *(
            'docker run image sh -c "${item.v}"',
            'kubectl create job j -- sh -c "${item.v}"',
            'sudo -u echo sh -c "${item.v}"',
        ),
        *('echo() { "$@"; }; echo bash -c "${item.v}"', 'kubectl() { "$@"; }; kubectl set env BASH_ENV=${item.v} sh x'),
        *(
            'echo "${item.v}" | sudo sh',
            'git -c alias.x=y bisect run sh -c "${item.v}"',
            '$TOOL echo sh -c "${item.v}"',
        ),
    ),
)
def test_what_starts_a_command_is_refused_as_before(text: str) -> None:
    assert judged(text, "bash") == "refused"


@pytest.mark.parametrize(
    "text",
    (
        *(
            'printf "%s\\0" "${item.v}" | xargs -0 env',
            'echo sh -c "${item.v}" | xargs sudo -n',
            'echo "${item.v}" | xargs -I{} {}',
        ),
        *(
            'echo "${item.v}" | xargs nice timeout 5',
            'x=$(echo sh -c "${item.v}"); $x',
            'echo sh -c "${item.v}" > ./s; sh ./s',
        ),
        *('set -- echo sh -c "${item.v}"; sudo "$@"', 'python3 -c "import os; os.system(1)" "${item.v}"'),
        'deno eval "Deno.run()" "${item.v}"',
    ),
)
def test_what_may_run_later_is_warned_of(text: str) -> None:
    assert judged(text, "bash") in ("warned", "refused")


def test_validate_accepts_a_variable_of_the_cluster_and_explains_a_variable_of_a_shell(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"seed": "1\n"})
    path = tmp_path / "workflow.yml"
    text = "name: n\nmap:\n  input: [{v: a}]\n  agent_template:\n  - shell: |\n      %s\n"
    path.write_text(text % "kubectl set env deployment/x ENV=${item.v}")
    assert prodigy(repository, "validate", str(path)).exit_code == 0
    for refused, hint in (
        ('bash -c "echo ${item.v}"', "pass it as an argument"),
        ("[[ ${item.v} -gt 3 ]]", "say interpreter: bash"),
        ("env ENV=${item.v} make", "would become code in 'ENV'"),
    ):
        path.write_text(text % refused)
        ended = prodigy(repository, "validate", str(path))
        assert ended.exit_code == 2
        assert hint in ended.stdout + ended.stderr
