"""The results of other jobs of a run: found below `resume-from`, checked, and joined to one earlier attempt.

What comes of it is a results directory like that of a run in one job which was killed before its items landed; the rest
of the program resumes it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import field
from pathlib import Path

from prodigy_action.adapters.checkpoints.shard_objects import ShardObjects, shard_objects
from prodigy_action.adapters.files.below import links_below
from prodigy_action.adapters.files.copying import copy_below
from prodigy_action.adapters.files.temporary_pool import temporary_pool
from prodigy_action.adapters.results.directory_lock import locked_directory
from prodigy_action.adapters.results.journal import write_journal
from prodigy_action.adapters.results.results_import import JOURNAL
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.resume import SOURCE, Attempt, journals_below, read_events, resumed_directory
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput, JournalCorrupt, ReportRefused
from prodigy_action.model.events import Event, KeptObjects, StartKept
from prodigy_action.model.git import Checkout
from prodigy_action.model.settings import Settings
from prodigy_action.pure.journal.collecting import by_shard, collected_events, number_of_shards, why_missing
from prodigy_action.pure.journal.reducer import reduce_journal
from prodigy_action.pure.journal.shard_plan import (
    SharedPlan,
    events_of_slice,
    job_of,
    placed_objects,
    placed_start,
    shared_plan,
)
from prodigy_action.pure.journal.shard_report import ShardReport, read_report

LARGEST_JOURNAL = 1 << 30
"""Bytes of one job's journal."""


@dataclass(slots=True)
class Collected:
    """The joined attempt, and what could not be joined."""

    attempt: Attempt
    refusals: list[Diagnostic] = field(default_factory=list)
    """Directories that were refused, and shards that are missing: warnings."""


def collect(
    settings: Settings, world: ProcessContext, checkout: Checkout, results: Path, stack: ExitStack
) -> Collected:
    """The attempt that this job resumes: in the phase `map` its own shard, in the phase `reduce` all of them.

    Its files last until `stack` closes. Blocks. Raises `InvalidInput` when there is no plan, when the plan cannot be
    used, and for a missing shard unless the settings allow that.
    """
    found = _Found()
    directory = resumed_directory(settings, world, checkout)
    places = journals_below(directory)
    if settings.phase == "map" and (results / JOURNAL).is_file() and results not in [path.resolve() for path in places]:
        places.append(results)
    for path in places:
        if path.resolve() != results.resolve():
            stack.enter_context(locked_directory(path, source=SOURCE, shared=True))
        found.read(path, _shown(path, directory, settings))
    place, plan = found.plan(settings)
    root = Path(stack.enter_context(temporary_pool()))
    secrets = None if settings.allow_secrets_in_commits else world.masker
    objects = stack.enter_context(shard_objects(checkout, root, secrets))
    return _Collector(settings, found, place, plan, objects, root).collect()


def _shown(path: Path, directory: Path, settings: Settings) -> str:
    return os.path.normpath(os.path.join(settings.resume_from or "", os.path.relpath(path, directory)))  # noqa: PTH118 - no Path joins and shortens a text


class _Found:
    """What the directories hold, by what the job that wrote them did."""

    def __init__(self) -> None:
        self.plans: list[tuple[Path, str, list[Event]]] = []
        self.shards: list[tuple[Path, str, list[Event]]] = []
        self.refused: list[Diagnostic] = []

    def read(self, path: Path, name: str) -> None:
        """Read one directory; a journal that cannot be read is a refusal."""
        try:
            _check_journal(path)
            events = list(read_events(path / JOURNAL))
        except (ReportRefused, JournalCorrupt, OSError) as error:
            self.refuse(name, str(error))
            return
        job = job_of(events)
        if job == "setup":
            self.plans.append((path, name, events))
        elif job == "map":
            self.shards.append((path, name, events))
        elif job != "reduce":
            self.refuse(name, "it is the report of no shard" if job == "all" else "its journal is empty")

    def refuse(self, name: str, why: str) -> None:
        """Note that a directory is not used."""
        hint = "execute its job again"
        message = f"the results in {name!r} were refused: {why}"
        self.refused.append(Diagnostic(message, source=SOURCE, hint=hint, severity="warning", code="report-refused"))

    def plan(self, settings: Settings) -> tuple[Path, SharedPlan]:
        """The plan, and its directory. Raises `InvalidInput`."""
        runs = sorted({plan[2][0].run_id for plan in self.plans if plan[2][0].event == "run_started"})
        if len(runs) > 1:
            hint = "keep the plan of one of them"
            message = f"{settings.resume_from!r} holds the plans of several runs: {', '.join(runs)}"
            raise InvalidInput([Diagnostic(message, source=SOURCE, hint=hint, code="several-runs"), *self.refused])
        for path, name, events in self.plans:
            try:
                return path, shared_plan(events)
            except ReportRefused as error:
                self.refuse(name, str(error))
        hint = "name the results directory of the job with phase: setup, or a directory that it is in"
        message = f"{settings.resume_from!r} holds no plan"
        raise InvalidInput([Diagnostic(message, source=SOURCE, hint=hint, code="no-plan"), *self.refused])


def refuse_links(directory: Path, files: tuple[str, ...]) -> None:
    """Refuse a report with a link in the place of one of its files. Raises `ReportRefused`."""
    links = links_below(directory, files)
    if links:
        raise ReportRefused(f"{links[0]!r} in it is a link")


def _check_journal(path: Path) -> None:
    if path.is_symlink():
        raise ReportRefused("it is a link")
    size = (path / JOURNAL).lstat().st_size
    if size > LARGEST_JOURNAL:
        raise ReportRefused(f"its journal has {size:,} bytes, more than the {LARGEST_JOURNAL:,} that a job may write")


class _Collector:
    """Joins a plan and the reports of its shards in a new directory."""

    def __init__(
        self, settings: Settings, found: _Found, place: Path, plan: SharedPlan, objects: ShardObjects, root: Path
    ) -> None:
        self._settings = settings
        self._found = found
        self._place = place
        self._plan = plan
        self._objects = objects
        self._root = root
        self._target = root / "collected"
        self._paths: dict[str, Path] = {}
        self._refused_of: dict[int, list[str]] = {}

    def collect(self) -> Collected:
        """The joined attempt. Raises `InvalidInput`."""
        (self._target / "state").mkdir(parents=True)
        start = self._take_plan()
        reports = self._reports()
        total = number_of_shards(reports, self._settings.shard_total)
        if self._settings.phase == "map":
            events = self._own_shard(reports, start, total)
        else:
            events = self._all_shards(reports, start, total)
        write_journal(self._target / JOURNAL, events, self._plan.started.run_id)
        return Collected(Attempt(self._target, reduce_journal(events)), self._found.refused)

    def _take_plan(self) -> StartKept:
        start, base = self._plan.start, self._plan.started.base_sha
        pack = self._target / "state/plan.pack"
        try:
            size = self._objects.take_plan(self._place, base, start, pack)
            copy_below(self._place, "logs", self._target)
            kept = None if size is None else KeptObjects(file="state/plan.pack", offset=0, size=size)
            if start.carried is not None:
                copy_below(self._place, start.carried.file, self._target)
        except (ReportRefused, OSError) as error:
            hint = "execute the job with phase: setup again, on the same commit"
            message = f"the plan in {str(self._place)!r} cannot be used: {error}"
            raise InvalidInput([Diagnostic(message, source=SOURCE, hint=hint, code="plan-refused")]) from error
        return start.model_copy(update={"kept": kept})

    def _reports(self) -> list[ShardReport]:
        reports: list[ShardReport] = []
        for path, name, events in self._found.shards:
            try:
                reports.append(read_report(name, events, self._plan))
                self._paths[name] = path
            except ReportRefused as error:
                self._found.refuse(name, str(error))
        return reports

    def _own_shard(self, reports: Sequence[ShardReport], start: StartKept, total: int) -> list[Event]:
        index = self._settings.shard_index or 0
        mine = [each for each in reports if (each.shard.index, each.shard.total) == (index, total)]
        for report in by_shard(mine).get(index, []):
            accepted, kept = self._take_shard(report)
            if accepted:
                placed = placed_start(report.events, start)
                return [placed_objects(event, kept) for event in placed]
        return placed_start(events_of_slice(self._plan, index, total), start)

    def _all_shards(self, reports: Sequence[ShardReport], start: StartKept, total: int) -> list[Event]:
        for report in reports:
            if report.shard.total != total:
                self._found.refuse(report.name, f"it is one of {report.shard.total} shards, and the others of {total}")
        chosen: dict[int, ShardReport] = {}
        kept: dict[int, KeptObjects] = {}
        ordered = by_shard(report for report in reports if report.shard.total == total)
        for index, attempts in sorted(ordered.items()):
            for report in attempts:
                accepted, objects = self._take_shard(report)
                if accepted:
                    chosen[index] = report
                    kept |= {} if objects is None else {index: objects}
                    break
                self._refused_of.setdefault(index, []).append(report.name)
        self._note_missing([index for index in range(total) if index not in chosen], total)
        return collected_events(self._plan, start, chosen, kept, total=total, refused=self._refused_of)

    def _take_shard(self, report: ShardReport) -> tuple[bool, KeptObjects | None]:
        place = f"state/shard-{report.shard.index}.pack"
        pack = self._target / place
        staging = self._root / f"shard-{report.shard.index}"
        directory = self._paths[report.name]
        try:
            refuse_links(directory, report.files)
            size = self._objects.take_shard(directory, self._plan.start.start_sha, report.ends, pack)
            staging.mkdir(exist_ok=True)
            for file in report.files:
                copy_below(directory, file, staging)
        except (ReportRefused, OSError) as error:
            self._found.refuse(report.name, str(error))
            return False, None
        for file in report.files:
            if (staging / file).exists():
                (self._target / file).parent.mkdir(exist_ok=True)
                (staging / file).rename(self._target / file)
        return True, None if size is None else KeptObjects(file=place, offset=0, size=size)

    def _note_missing(self, missing: Sequence[int], total: int) -> None:
        empty = [index for index in missing if not self._plan.slice(index, total)]
        lost = [index for index in missing if index not in empty]
        hint = "execute the jobs of these shards again, then the one with phase: reduce"
        for index in lost:
            message = why_missing(index, total, self._refused_of.get(index, ()))
            self._found.refused.append(
                Diagnostic(message, source=SOURCE, hint=hint, severity="warning", code="shard-missing")
            )
        if lost and not self._settings.allow_missing_shards:
            message = f"{len(lost)} of {total} shards are missing, and allow-missing-shards is false"
            raise InvalidInput(
                [Diagnostic(message, source=SOURCE, hint=hint, code="shard-missing"), *self._found.refused]
            )
