"""`make example NAME=…`: runs one example in a repository that is made for it, with what it needs."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
IDENTITY = ("-c", "user.name=example", "-c", "user.email=example@localhost")


@dataclass(frozen=True)
class Needs:
    """What an example needs beside its file: files of the repository, options, variables; and how its run ends."""

    files: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    exit_code: int = 0


_TESTS = {"a": "exit 0", "b": "exit 0", "c": "echo 1 of 7 failed; exit 1", "d": "test -f README.md"}

NEEDS: Mapping[str, Needs] = {
    "agent-review.yml": Needs(
        files={f"src/{name}.py": f"{name} = 1\n" for name in ("one", "two", "three")},
        options=("--agent-command", "sh examples/stand-in-agent.sh"),
    ),
    "conflicts.yml": Needs(exit_code=1),
    "csv-edits.yml": Needs(),
    "environments.yml": Needs(
        options=("--profile", "production", "--param", "release=7"), environ={"REGISTRY_TOKEN": "t0p-secret-token"}
    ),
    "inventory.yml": Needs(
        files={"VERSION": "release 3.14 (pie)\n", "src/a.py": "a = 1\n", "src/b.py": "", "src/c.py": "c = 1\nd = 2\n"}
    ),
    "package-checks.yml": Needs(
        files={f"packages/{name}/README.md": f"# {name}\n" for name in _TESTS}
        | {f"packages/{name}/test.sh": f"{test}\n" for name, test in _TESTS.items()}
    ),
    "python-files.yml": Needs(files={"a.py": "a = 1\n", "pkg/b c.py": "b = 2\n"}),
    "records-to-files.yml": Needs(),
    "release.yml": Needs(options=("--param", "version=2.1")),
    "retries.yml": Needs(),
}
"""Every example that runs offline."""


def main(arguments: Sequence[str]) -> int:
    """Run the example that is named; the exit code of the run, or 2 when there is none of that name."""
    name = f"{(arguments or [''])[0].removesuffix('.yml')}.yml"
    if name not in NEEDS:
        known = " ".join(each.removesuffix(".yml") for each in NEEDS)
        print(f"name an example: make example NAME=conflicts; there are {known}", file=sys.stderr)
        return 2
    needs = NEEDS[name]
    repository = make_repository(Path(tempfile.mkdtemp(prefix="prodigy-example-")), needs.files)
    command = ["run", f"examples/{name}", *needs.options]
    variables = "".join(f"{key}={shlex.quote(value)} " for key, value in needs.environ.items())
    print(f"$ cd {shlex.quote(str(repository))}\n$ {variables}prodigy-action {shlex.join(command)}\n", flush=True)
    program = [sys.executable, "-m", "prodigy_action", *command]
    code = subprocess.run(program, cwd=repository, env={**os.environ, **needs.environ}, check=False).returncode
    if code != needs.exit_code:
        print(f"\nthe run ended with exit code {code}, and the example with {needs.exit_code}", file=sys.stderr)
    return code


def make_repository(directory: Path, files: Mapping[str, str]) -> Path:
    """A repository of one commit that holds this directory and the files."""
    shutil.copytree(HERE, directory / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git = ("git", "-C", str(directory))
    subprocess.run([*git, "init", "--quiet", "--initial-branch", "main"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, *IDENTITY, "commit", "--quiet", "--message", "start"], check=True)
    return directory


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
