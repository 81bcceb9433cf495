"""A bar at the bottom of a terminal, below the lines that are printed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO, cast

from prodigy_action.adapters.structured_logs import LogStream

if TYPE_CHECKING:
    from rich.console import RenderableType

_BAR_COLUMNS = 30
_NARROW = 60
"""Columns below which the text stands without a bar."""
_HIGHEST = 12
"""Lines of the bar with the running items."""


class TerminalBar:
    """Shows a text, a bar and some lines; it is also the stream of what is printed above them.

    When the terminal can no longer be written, the bar ends and the run continues.
    """

    def __init__(self, stream: LogStream, *, color: bool) -> None:
        from rich.console import Console  # start-up time: only a run in a terminal draws one
        from rich.live import Live

        self._console = Console(
            file=cast(TextIO, stream),
            force_terminal=True,
            color_system="auto" if color else None,
            no_color=not color,
            markup=False,
            emoji=False,
            highlight=False,
        )
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._stream = stream
        self._open = True

    @property
    def encoding(self) -> str:
        return self._stream.encoding

    @property
    def columns(self) -> int:
        """The width of the terminal now."""
        return self._console.width

    @property
    def most_lines(self) -> int:
        """How many lines fit below the bar."""
        return max(min(_HIGHEST, self._console.height // 2) - 1, 0)

    def write(self, text: str, /) -> int:
        """Print whole lines above the bar."""
        from rich.text import Text

        if not self._live.is_started:
            return self._stream.write(text)
        for line in text.removesuffix("\n").split("\n"):
            self._console.print(Text.from_ansi(line), soft_wrap=True)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def draw(self, text: str, done: int, total: int, lines: Sequence[str]) -> None:
        """Draw it anew; `total` is 0 where there is nothing to count."""
        self._attempt(lambda: self._draw(self._frame(text, done, total, lines)))

    def stop(self) -> None:
        """Remove it from the terminal. May be called again."""
        self._attempt(self._live.stop)
        self._open = False

    def _draw(self, frame: RenderableType) -> None:
        self._live.update(frame)
        if not self._live.is_started:
            self._live.start()
        self._live.refresh()

    def _frame(self, text: str, done: int, total: int, lines: Sequence[str]) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        head: RenderableType = Text(text, no_wrap=True, overflow="ellipsis")
        if total and self.columns >= _NARROW:
            grid = Table.grid(padding=(0, 1))
            grid.add_row(ProgressBar(total=total, completed=done, width=_BAR_COLUMNS), head)
            head = grid
        return Group(head, *(Text(line, no_wrap=True, overflow="ellipsis") for line in lines))

    def _attempt(self, act: Callable[[], object]) -> None:
        if not self._open:
            return
        try:
            act()
        except (OSError, ValueError):
            self._open = False
