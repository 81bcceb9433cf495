"""What messages, logs and results call a step."""

from __future__ import annotations

from typing import Final

from prodigy_action.model.step import Step
from prodigy_action.pure.steps.once_per_step import once_per_step
from prodigy_action.pure.text.cutting import cut

TITLE_LENGTH: Final = 60
"""The most characters of a title that is made of a command."""


def step_title(step: Step, index: int) -> str:
    """Its name, else its `id`, else the first line of its command as the workflow has it, else kind and position."""
    return step.name or step.id or _first_line(step) or place_title(step, index)


def place_title(step: Step, index: int) -> str:
    """Its name, else its `id`, else its kind and position: `shell step 2`."""
    return step.name or step.id or f"{step.kind} step {index + 1}"


@once_per_step
def _first_line(step: Step) -> str:
    """The first line that does something, on one line and short."""
    if step.write_file is not None:
        return cut(f"write_file {step.write_file.path}", TITLE_LENGTH)
    text = step.shell or step.claude or ""
    lines = [line.strip() for line in text.splitlines()]
    first = next((line for line in lines if line and not line.startswith(("#", "set -"))), "")
    words = "".join(character for character in " ".join(first.split()) if character.isprintable())
    return cut(f"claude {words}" if words and step.claude else words, TITLE_LENGTH)
