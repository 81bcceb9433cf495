"""`init`: writes a starter workflow for the language of the repository, and the job that runs it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from prodigy_action.adapters.files.atomic import replace_file
from prodigy_action.adapters.git.tracked_files import tracked_files
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.pure.text.reasons import reason_of
from prodigy_action.starter.languages import main_language
from prodigy_action.starter.render import starter_job, starter_workflow

WORKFLOW = "prodigy.yml"
JOB = ".github/workflows/prodigy.yml"


def init(directory: str, world: ProcessContext) -> str:
    """Write the two files where they do not exist yet; return what to say of each, and what to do next.

    Raises `InvalidInput` when the directory is in no repository or cannot be written to.
    """
    place = world.directory / directory
    if not place.is_dir():
        raise InvalidInput([_problem(directory, "is not a directory", "name a directory of a git repository")])
    tracked = tracked_files(place)
    if tracked is None:
        raise InvalidInput([_problem(directory, "is in no git repository", "run `git init` there first")])
    language = main_language(tracked.names)
    workflow = f"{tracked.below}{WORKFLOW}"
    texts = {workflow: starter_workflow(language, tracked.below, workflow), JOB: starter_job(workflow)}
    new = [name for name, text in texts.items() if _write(tracked.root, name, text)]
    said = [
        f"wrote {name}" if name in new else f"kept {name}: it exists, and init overwrites nothing" for name in texts
    ]
    found = f"{language.name} files" if language else "no files of a known language: every text file is an item"
    return "\n".join(
        [
            f"found {found}",
            *said,
            f"next: {_commit_of(new)}prodigy-action run {shlex.quote(workflow)}",
            "",
        ]
    )


def _commit_of(names: Sequence[str]) -> str:
    return f"git add {shlex.join(names)} && git commit, then " if names else ""


def _write(root: Path, name: str, text: str) -> bool:
    """Write the file unless something has its name; whether it was written."""
    if (root / name).is_symlink() or (root / name).exists():
        return False
    try:
        replace_file(root, name, text.encode(), durable=False)
    except OSError as error:
        raise InvalidInput([_problem(name, f"cannot be written: {reason_of(error)}", "check its directory")]) from error
    return True


def _problem(name: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(f"{name!r} {message}", source="init", hint=hint)
