"""`make demo`: the main job on real input, a temporary copy of this repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = "examples/python-files.yml"
IDENTITY = ("-c", "user.name=demo", "-c", "user.email=demo@localhost")


def main() -> int:
    """Run the workflow; the exit code of the run, or 1 when the repository does not hold what it reports."""
    copy = copy_repository(Path(tempfile.mkdtemp(prefix="prodigy-demo-")))
    files = len(git(copy, "ls-files", "--", "*.py").splitlines())
    print(f"{WORKFLOW} over the {files} Python files of {copy}\n", flush=True)
    command = [sys.executable, "-m", "prodigy_action", "run", WORKFLOW, "--log-format", "console"]
    code = subprocess.run(command, cwd=copy, check=False).returncode
    counted = copy / "LICENSED"
    if code == 0 and (not counted.is_file() or int(counted.read_text()) != files):
        print(f"{files} files should have a licence line; see {copy}", file=sys.stderr)
        return 1
    print(f"\nThe repository:  {copy}")
    print(f"The results:     {copy / 'prodigy-results'}")
    print(f"What landed:     git -C {copy} log --oneline --graph")
    return code


def copy_repository(target: Path) -> Path:
    """A repository of one commit that holds what this one's working tree holds."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    git(target, "init", "--quiet", "--initial-branch", "main")
    git(target, "add", "--all")
    git(target, *IDENTITY, "commit", "--quiet", "--message", "The tree of prodigy-action")
    return target


def git(directory: Path, *arguments: str) -> str:
    """What git prints."""
    return subprocess.run(["git", "-C", directory, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
