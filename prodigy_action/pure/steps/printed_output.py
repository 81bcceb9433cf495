"""What the steps of an agent print, joined, up to a limit."""

from __future__ import annotations

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.text.cutting import cut_start

OUTPUT_CHARACTERS = 32 * 1024
"""How many characters of an agent's output `${map.results}` holds: the end."""


@dataclass(slots=True)
class PrintedOutput:
    """The standard output of the steps that ran, in their order, one below the other; the end when it is too long."""

    text: str = ""
    truncated: bool = False

    def add(self, printed: str) -> None:
        """Take the output of one more step into account; a step that printed nothing adds nothing."""
        if not printed:
            return
        joined = f"{self.text}\n{cut_start(printed, OUTPUT_CHARACTERS)}" if self.text else printed
        self.truncated = self.truncated or len(printed) > OUTPUT_CHARACTERS or len(joined) > OUTPUT_CHARACTERS
        self.text = cut_start(joined, OUTPUT_CHARACTERS)
