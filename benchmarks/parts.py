"""How far a form of the benchmarks has come, part by part: tables that are not whole must say so."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Literal

from benchmarks.figures import Size, busy_note

State = Literal["measured", "being measured", "cut short", "failed", "not measured"]


class Parts:
    """The state of each part, and what the list above the tables says of them."""

    def __init__(self, size: Size, names: Sequence[str]) -> None:
        self._size = size
        self._states: dict[str, State] = dict.fromkeys(names, "not measured")
        self._began = self._part_began = time.monotonic()
        self._seconds: dict[str, float] = {}

    def begin(self, name: str) -> None:
        """A part begins."""
        self._part_began = time.monotonic()
        self._states[name] = "being measured"

    def end(self, name: str, state: State) -> None:
        """It is over."""
        self._states[name] = state
        self._seconds[name] = time.monotonic() - self._part_began

    @property
    def whole(self) -> bool:
        """Whether every part was measured to its end."""
        return set(self._states.values()) == {"measured"}

    def facts(self) -> Mapping[str, str]:
        """The form with the time of each part, and, unless all are whole, the parts that are not."""
        took = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self._seconds.items())
        facts = {
            "load at the end": busy_note(),
            "form": f"{self._size}, in {(time.monotonic() - self._began) / 60:.1f} minutes ({took or 'nothing yet'})",
        }
        missing = [f"{name} ({state})" for name, state in self._states.items() if state != "measured"]
        if missing:
            facts["**not whole**"] = f"tables and goals of these are missing, or lack lines: {', '.join(missing)}"
        return facts
