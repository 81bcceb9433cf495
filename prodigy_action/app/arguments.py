"""The positional arguments that `--map` and `--args` give."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from prodigy_action.adapters.files.matching import matching_files
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.settings import Settings
from prodigy_action.pure.steps.arguments import Argument, argument_of_file


def given_arguments(settings: Settings, repository: Path) -> list[Argument]:
    """The files of the repository that the globs of `--map` match, in order, then the texts of `--args`.

    Raises `InvalidInput` for a glob that leaves the repository or matches nothing.
    """
    found: list[Argument] = []
    problems: list[Diagnostic] = []
    for pattern in settings.map_files:
        hint = "write a glob relative to the repository, such as specs/*.md"
        if PurePosixPath(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts:
            problems.append(Diagnostic(f"the glob {pattern!r} leaves the repository", source="option --map", hint=hint))
            continue
        files = matching_files(pattern, repository)
        if not files:
            message = f"no file of the repository matches {pattern!r}"
            problems.append(Diagnostic(message, source="option --map", hint=hint, code="no-match"))
        found += [argument_of_file(path) for path in files]
    if problems:
        raise InvalidInput(problems)
    return [*found, *map(Argument, settings.args)]
