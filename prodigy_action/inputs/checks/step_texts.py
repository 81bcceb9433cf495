"""The texts of a step in which `${…}` is replaced, each with its path below the step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodigy_action.inputs.documents.located import Path

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Step


def step_texts(step: Step) -> Iterator[tuple[Path, str]]:
    """All of them."""
    yield from texts_of_shells(step)
    yield from unread_texts(step)


def texts_of_shells(step: Step) -> Iterator[tuple[Path, str]]:
    """Those that a shell reads."""
    if step.shell is not None:
        yield ("shell",), step.shell
    if step.foreach is not None and step.foreach.command is not None:
        yield ("foreach", "command"), step.foreach.command
    for index, check in enumerate(step.step_validate.commands if step.step_validate is not None else ()):
        if not check.agent:
            yield ("step_validate", "commands", index, "command"), check.command


def unread_texts(step: Step) -> Iterator[tuple[Path, str]]:
    """Those that no shell reads: prompts, files and paths, values, commit messages."""
    for path, text in _optional_texts(step):
        if text is not None:
            yield path, text
    for name, value in step.env.items():
        yield ("env", name), value
    for index, element in enumerate(step.foreach.items or () if step.foreach is not None else ()):
        if isinstance(element, str):
            yield ("foreach", "items", index), element
    for name, value in step.workflow.values.items() if step.workflow is not None else ():
        if isinstance(value, str):
            yield ("workflow", "values", name), value
    for index, check in enumerate(step.step_validate.commands if step.step_validate is not None else ()):
        if check.agent:
            yield ("step_validate", "commands", index, "command"), check.command
    if step.commit_config is not None:
        for name in ("include_files", "exclude_files"):
            globs: tuple[str, ...] = getattr(step.commit_config, name)
            for index, glob in enumerate(globs):
                yield ("commit_config", name, index), glob


def _optional_texts(step: Step) -> Iterator[tuple[Path, str | None]]:
    yield ("claude",), step.claude
    yield ("working_dir",), step.working_dir
    yield ("output_file",), step.output_file
    if step.write_file is not None:
        yield ("write_file", "path"), step.write_file.path
        yield ("write_file", "content"), step.write_file.content
    if step.validation is not None:
        yield ("validate", "result_file"), step.validation.result_file
    if step.commit_config is not None:
        yield ("commit_config", "message_template"), step.commit_config.message_template
        yield ("commit_config", "author"), step.commit_config.author
