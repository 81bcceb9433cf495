"""A job as a runner leaves it for a container: everything is the runner's user's, and credentials lie about."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import canaries
from tests.support.git import make_repository

ROOT = Path(__file__).parents[2]
RUNNER = (1001, 121)
"""User and group of the hosted runners; the group is that of the engine's socket there."""

WORKFLOW = """
name: canaries
mode: mapreduce
map:
  input: items.json
  json_path: $[*]
  max_parallel: 2
  agent_template:
    - shell: |
        if [ "${item}" = victim ]; then
          echo CANARY > secret.txt
          touch "$SHARED/ready"
          n=0; while [ ! -e "$SHARED/done" ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done
          rm secret.txt
        else
          n=0; while [ ! -e "$SHARED/ready" ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done
          env > "$SHARED/env"
          python3 canaries.py "$SHARED/targets.json" "$SHARED/report.json"
          touch "$SHARED/done"
        fi
"""


@dataclass(frozen=True)
class FakeJob:
    """Directories of a job, at the same paths for a process and for a container that mounts `root`."""

    root: Path

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    @property
    def shared(self) -> Path:
        return self.root / "shared"

    @property
    def environ(self) -> dict[str, str]:
        """What the runner sets, as far as it is of interest here."""
        files = {name: str(self.root / "file_commands" / name) for name in ("env", "output", "path")}
        return {
            "HOME": str(self.root / "home"),
            "RUNNER_TEMP": str(self.root / "temp"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_ENV": files["env"],
            "GITHUB_OUTPUT": files["output"],
            "GITHUB_PATH": files["path"],
            "INPUT_CANARY": "CANARY-input",
            "ACTIONS_RUNTIME_TOKEN": "CANARY-token",
            "SHARED": str(self.shared),
        }

    def succeeded(self) -> set[str]:
        """The attempts that succeeded. Raises `FileNotFoundError` when the attacker did not come to report."""
        report = json.loads((self.shared / "report.json").read_text())
        assert len(report) == 12
        return {name for name, success in report.items() if success}


@contextmanager
def fake_job(*, socket: str = "/var/run/docker.sock") -> Iterator[FakeJob]:
    """A job below /tmp, where every user can pass, with a repository and a workflow in it."""
    root = Path(tempfile.mkdtemp(prefix="prodigy-job-"))
    root.chmod(0o755)
    job = FakeJob(root)
    try:
        attacker = Path(canaries.__file__).read_text()
        make_repository(job.workspace, {"items.json": '["victim", "attacker"]', "canaries.py": attacker})
        with (job.workspace / ".git/config").open("a") as file:
            file.write('[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic CANARY\n')
        for name in ("home", "temp", "file_commands"):
            (root / name).mkdir()
        (root / "home/.gitconfig").write_text("[user]\n\tname = CANARY\n\temail = c@example.com\n")
        (root / "temp/git-credentials-1.config").write_text("CANARY")
        for name in ("env", "output", "path"):
            (root / "file_commands" / name).touch()
        (root / "workflow.yml").write_text(WORKFLOW)
        for path in (*root.rglob("*"),):
            os.chown(path, *RUNNER, follow_symlinks=False)
        job.shared.mkdir()
        job.shared.chmod(0o1777)
        targets = {
            "workspace": str(job.workspace),
            "results": str(job.workspace / "prodigy-results"),
            "file_commands": [job.environ[name] for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH")],
            "git_configuration": [str(root / "home/.gitconfig"), str(root / "temp/git-credentials-1.config")],
            "socket": socket,
        }
        (job.shared / "targets.json").write_text(json.dumps(targets))
        yield job
    finally:
        shutil.rmtree(root)


def documented(run_as: str) -> set[str]:
    """The attempts that succeed as the security policy says."""
    policy = (ROOT / ".github/SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ]+) \| (yes|no) \| (yes|no) \|", policy, re.MULTILINE)
    assert len(rows) == 12
    return {name for name, root, owner in rows if (root if run_as == "root" else owner) == "yes"}
