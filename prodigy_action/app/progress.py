"""The progress of a run: in a terminal a bar, elsewhere a regular counting line; on a runner a group per phase."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from prodigy_action.adapters.terminal_bar import TerminalBar
from prodigy_action.app.item_log import ItemLog
from prodigy_action.app.item_names import ItemNames
from prodigy_action.environment import Clock
from prodigy_action.model.events import (
    AgentFinished,
    Event,
    ItemLanded,
    PhaseFinished,
    PhaseStarted,
    Planned,
)
from prodigy_action.pure.journal.reducer import RunHistory
from prodigy_action.pure.journal.running_work import (
    FEWEST_SECONDS,
    FIRST_SECONDS,
    LinesShown,
    RunningWork,
    next_counting_line,
)
from prodigy_action.report.commands import CommandWriter
from prodigy_action.report.progress_text import counting_line, running_lines

FRAME_SECONDS = 0.25
"""Between two drawings of the bar."""


class Progress:
    """Follows the journal.

    `writer` is None when no runner reads the log, `bar` when none is drawn; `earlier` are the earlier attempts.
    `masked` removes secrets from a text.
    """

    def __init__(
        self,
        *,
        log: ItemLog,
        work: RunningWork,
        clock: Clock,
        writer: CommandWriter | None,
        bar: TerminalBar | None = None,
        earlier: RunHistory | None = None,
        masked: Callable[[str], str] = str,
    ) -> None:
        self._bar = bar
        self._work = work
        self._log = log
        self._seconds: dict[int, float] = {}
        self._masked = masked
        self._steps: dict[int, Callable[[], str]] = {}
        if earlier is not None:
            self._work.recall(earlier)
            self._log.names = ItemNames([] if earlier.planned is None else earlier.planned.items)
        self._clock = clock
        self._writer = writer
        self._folded = False

    def observe(self, event: Event) -> None:
        """Take a new record into account."""
        self._work.note(event, self._clock.monotonic())
        match event:
            case PhaseStarted():
                self._begin_group(self._work.phase_title)
            case PhaseFinished():
                self._end_group()
            case Planned():
                self._log.names = ItemNames(event.items)
            case AgentFinished():
                if event.state == "succeeded":
                    self._seconds[event.item_id] = event.seconds
                state = "done" if event.state == "succeeded" else event.state
                self._log.debug("agent_finished", item_id=event.item_id, state=state, seconds=round(event.seconds, 3))
            case ItemLanded():
                seconds = round(self._seconds.pop(event.item_id, 0.0), 3)
                self._log.debug("item_landed", item_id=event.item_id, commit=event.commit, seconds=seconds)
            case _:
                pass

    def begin(self, item_id: int, current_step: Callable[[], str]) -> None:
        """The steps of an item begin."""
        masked = self._masked
        self._steps[item_id] = lambda: masked(current_step())

    def end(self, item_id: int) -> None:
        """The steps of the item have ended."""
        self._steps.pop(item_id, None)

    def close(self) -> None:
        """Remove the bar, and end the folded group of the log, if there is one."""
        if self._bar is not None:
            self._bar.stop()
        self._end_group()

    def _end_group(self) -> None:
        if self._folded and self._writer is not None:
            self._writer.end_group()
        self._folded = False

    @asynccontextmanager
    async def signs_of_life(self) -> AsyncIterator[None]:
        """While the block runs, log or draw regularly what is running."""
        async with anyio.create_task_group() as watch:
            watch.start_soon(self._report_regularly)
            if self._bar is not None:
                watch.start_soon(self._draw_regularly, self._bar)
            try:
                yield
            finally:
                watch.cancel_scope.cancel()

    async def _report_regularly(self) -> None:
        shown: LinesShown | None = None
        await self._clock.sleep(FIRST_SECONDS)
        while True:
            at = self._clock.monotonic()
            now = self._work.snapshot(at)
            due = None if now is None else next_counting_line(shown, now, at)
            if now is not None and due is not None:
                self._log.info("still_running", message=counting_line(now), **self._work.status(at))
            shown = due or shown
            await self._clock.sleep(FEWEST_SECONDS)

    async def _draw_regularly(self, bar: TerminalBar) -> None:
        while True:
            await self._clock.sleep(FRAME_SECONDS)
            now = self._work.snapshot(self._clock.monotonic())
            if now is not None:
                lines = running_lines(now, self._log.names, self._steps, most=bar.most_lines, columns=bar.columns)
                bar.draw(counting_line(now), now.ended, now.planned if now.phase == "map" else 0, list(lines))

    def _begin_group(self, title: str) -> None:
        self._end_group()
        if self._writer is not None:
            self._writer.begin_group(title)
            self._folded = True
