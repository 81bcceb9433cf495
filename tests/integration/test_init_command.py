"""`init` and the completion of the shell, through the command line: what is written passes the checks and runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from prodigy_action.starter.languages import LANGUAGES
from tests.support.blackbox import Ended, prodigy
from tests.support.documented import RULES
from tests.support.git import clean_environ, git

ENDINGS = [language.endings[0] for language in LANGUAGES]
JOB = ".github/workflows/prodigy.yml"


def repository(path: Path, files: dict[str, str]) -> Path:
    path.mkdir()
    git(path, "init", "-q")
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    git(path, "add", ".")
    git(path, "commit", "-qm", "Start", "--allow-empty")
    return path


def commit_all(path: Path) -> None:
    git(path, "add", ".")
    git(path, "commit", "-qm", "Add the starter")


def test_the_starter_of_each_language_passes_the_checks(tmp_path: Path) -> None:
    places = []
    checkout = repository(tmp_path / "r", {f"{ending}/x.{ending}": "" for ending in ENDINGS})
    for language in LANGUAGES:
        started = prodigy(checkout, "init", language.endings[0])
        assert f"found {language.name} files" in started.stdout
        places.append(f"{language.endings[0]}/prodigy.yml")
    checked = prodigy(checkout, "validate", *places)

    assert (checked.exit_code, checked.stdout) == (0, f"{len(places)} files are valid\n")


@pytest.mark.parametrize("ending", ("", ".py", ".md"))
def test_the_starter_runs_at_once_and_twice(ending: str, tmp_path: Path) -> None:
    start = {f"ends{ending}": "text\n", f"a é b{ending}": "no newline", f"empty{ending}": ""}
    checkout = repository(tmp_path / "r", start)
    started = prodigy(checkout, "init")
    commit_all(checkout)
    first = prodigy(checkout, "run", "prodigy.yml")
    states = sorted(first.states)
    second = prodigy(checkout, "run", "prodigy.yml")

    assert (started.exit_code, started.stderr) == (0, "")
    assert first.exit_code == 0, first.stderr
    assert states.count("succeeded") == 1
    assert set(states) == {"succeeded", "unchanged"}
    assert (checkout / f"a é b{ending}").read_text() == "no newline\n"
    assert set(second.states) == {"unchanged"}


def test_the_job_passes_the_linter_and_names_the_workflow(tmp_path: Path) -> None:
    checkout = repository(tmp_path / "r", {"pkg/x.py": ""})
    (checkout / "pkg é").mkdir()
    prodigy(checkout, "init", "pkg é")
    job = yaml.safe_load((checkout / JOB).read_text())
    named = [step["with"]["workflow"] for step in job["jobs"]["prodigy"]["steps"] if "prodigy-action" in step["uses"]]
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump(RULES))
    programs = Path(sys.executable).parent
    linted: list[list[str | Path]] = [
        [programs / "zizmor", "--offline", "--no-progress", "--config", rules, checkout],
        [programs / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", checkout / JOB],
    ]
    for command in linted:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert named == ["pkg é/prodigy.yml"]
    assert (checkout / named[0]).is_file()


def test_a_file_that_exists_is_kept_whatever_it_is(tmp_path: Path) -> None:
    checkout = repository(tmp_path / "r", {"x.py": "", JOB: "mine\n"})
    (checkout / "prodigy.yml").symlink_to("nowhere")
    ended = prodigy(checkout, "init")

    assert ended.exit_code == 0
    assert ended.stdout.count("init overwrites nothing") == 2
    assert ended.stdout.splitlines()[-1] == "next: prodigy-action run prodigy.yml"
    assert (checkout / "prodigy.yml").readlink() == Path("nowhere")
    assert (checkout / JOB).read_text() == "mine\n"


@pytest.mark.parametrize("name", ("it's", "[id]"))
@pytest.mark.parametrize("ending", ("py", "txt"))
def test_items_of_a_subdirectory_are_its_own(name: str, ending: str, tmp_path: Path) -> None:
    checkout = repository(tmp_path / "r", {"x.py": "x", f"{name}/y.{ending}": "y", "i/x.py": "x"})
    prodigy(checkout, "init", name)
    commit_all(checkout)
    ended = prodigy(checkout, "run", f"{name}/prodigy.yml")

    assert "succeeded" in ended.states
    assert (checkout / f"{name}/y.{ending}").read_text() == "y\n"
    assert [(checkout / other).read_text() for other in ("x.py", "i/x.py")] == ["x", "x"]


def refused(ended: Ended, *words: str) -> None:
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr


def test_outside_of_a_repository_nothing_is_written(tmp_path: Path) -> None:
    refused(prodigy(tmp_path, "init"), "is in no git repository", "git init")
    refused(prodigy(tmp_path, "init", "missing"), "'missing' is not a directory")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    checkout = repository(tmp_path / "r", {"x.py": "", ".github": "a file"})
    refused(prodigy(checkout, "init"), f"'{JOB}' cannot be written")


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    checkout = repository(tmp_path / "r", {"x.py": ""})
    (tmp_path / "elsewhere").mkdir()
    (checkout / ".github").symlink_to(tmp_path / "elsewhere")
    refused(prodigy(checkout, "init"), f"'{JOB}' cannot be written")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("shell", ("bash", "zsh", "fish"))
def test_the_shell_completes_commands(shell: str, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("prodigy-action")

    def asked(what: str, words: str, word: str) -> str:
        environ = clean_environ(_PRODIGY_ACTION_COMPLETE=f"{shell}_{what}", COMP_WORDS=words, COMP_CWORD=word)
        return subprocess.run([program], env=environ, capture_output=True, text=True, check=True, cwd=tmp_path).stdout

    typed = "val" if shell == "fish" else "1"
    assert "validate" in asked("complete", "prodigy-action val", typed)
    assert "prodigy-action" in asked("source", "", "")
