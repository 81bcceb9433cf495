"""The progress of a run in its log: on a runner a folded group per phase, and a regular heartbeat event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from prodigy_action.environment import Clock, EventLog
from prodigy_action.model.events import Event, PhaseFinished, PhaseStarted
from prodigy_action.pure.journal.reducer import RunHistory
from prodigy_action.pure.journal.running_work import RunningWork, heartbeat_delays
from prodigy_action.report.commands import CommandWriter


class Progress:
    """Follows the journal. `writer` is None when no runner reads the log; `earlier` are the earlier attempts."""

    def __init__(
        self, *, log: EventLog, clock: Clock, writer: CommandWriter | None, earlier: RunHistory | None = None
    ) -> None:
        self._work = RunningWork()
        if earlier is not None:
            self._work.recall(earlier)
        self._log = log
        self._clock = clock
        self._writer = writer
        self._folded = False

    def observe(self, event: Event) -> None:
        """Take a new record into account."""
        self._work.note(event, self._clock.monotonic())
        if isinstance(event, PhaseStarted):
            self._begin_group(self._work.phase_title)
        if isinstance(event, PhaseFinished):
            self.close()

    def close(self) -> None:
        """End the folded group of the log, if there is one."""
        if self._folded and self._writer is not None:
            self._writer.end_group()
        self._folded = False

    @asynccontextmanager
    async def signs_of_life(self) -> AsyncIterator[None]:
        """While the block runs, log regularly what is running."""
        async with anyio.create_task_group() as watch:
            watch.start_soon(self._report_regularly)
            try:
                yield
            finally:
                watch.cancel_scope.cancel()

    async def _report_regularly(self) -> None:
        for delay in heartbeat_delays():
            await self._clock.sleep(delay)
            if self._work.phase is not None:
                self._log.info("still_running", **self._work.status(self._clock.monotonic()))

    def _begin_group(self, title: str) -> None:
        self.close()
        if self._writer is not None:
            self._writer.begin_group(title)
            self._folded = True
