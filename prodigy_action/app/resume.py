"""The earlier attempt that a run resumes: it is found, read, and compared with the current settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from prodigy_action.adapters.git.checkout import commits_in_checkout
from prodigy_action.adapters.git.tracked_links import tracked_link_on_the_way
from prodigy_action.adapters.results.directory_lock import locked_directory
from prodigy_action.adapters.results.journal import journal_texts
from prodigy_action.adapters.results.journal_lines import parse_record
from prodigy_action.adapters.results.results_import import JOURNAL
from prodigy_action.app.loading import LoadedRun
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput, JournalCorrupt
from prodigy_action.model.events import AnyEvent, Event, RunStarted
from prodigy_action.model.git import Checkout
from prodigy_action.model.settings import Settings
from prodigy_action.pure.items.chosen import check_names, chosen_ids
from prodigy_action.pure.journal.fingerprints import describe_differences
from prodigy_action.pure.journal.reducer import RunHistory
from prodigy_action.pure.journal.resume_plan import ResumePlan, assignment_of, plan_resume
from prodigy_action.pure.journal.resume_state import EarlierRun, earlier_run
from prodigy_action.pure.text.reasons import reason_of
from prodigy_action.pure.work_planning import EXCLUDED

SOURCE = "input resume-from"


@cache
def _events() -> TypeAdapter[Event]:
    return TypeAdapter(AnyEvent)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A results directory and what its journal says."""

    directory: Path
    history: RunHistory

    def is_in(self, results: Path) -> bool:
        """Whether it is this results directory."""
        return self.directory.resolve() == results.resolve()

    @property
    def run_id(self) -> str:
        """The id of the run; empty for a journal without a start."""
        return "" if self.history.first is None else self.history.first.run_id

    @property
    def progress(self) -> tuple[int, int]:
        """A sort key for the attempts at one run: later attempts are larger."""
        number = 0 if self.history.run is None else self.history.run.attempt
        return number, self.history.records


def find_attempt(
    settings: Settings, world: ProcessContext, checkout: Checkout, results: Path, locks: ExitStack
) -> Attempt | None:
    """The latest attempt below `resume-from`, or in the results directory when that holds a later attempt at the same
    run.

    None when there is no journal yet. Other directories than `results` are locked against runs that write to them.
    Raises `InvalidInput` for a directory that is missing, in use, or holds several runs, `JournalCorrupt`.
    """
    if settings.resume_from is None:
        return None
    directory = resumed_directory(settings, world, checkout)
    found: list[Attempt] = []
    for path in journals_below(directory):
        if path.resolve() != results.resolve():
            locks.enter_context(locked_directory(path, source=SOURCE, shared=True))
        found.append(Attempt(path, read_history(path / JOURNAL)))
    runs = sorted({attempt.run_id for attempt in found} - {""})
    if len(runs) > 1:
        hint = "name the directory of one of them"
        message = f"{settings.resume_from!r} holds the results of several runs: {', '.join(runs)}"
        raise InvalidInput([Diagnostic(message, source=SOURCE, hint=hint, code="several-runs")])
    if (results / JOURNAL).is_file() and not any(attempt.is_in(results) for attempt in found):
        own = Attempt(results, read_history(results / JOURNAL))
        found += [own] if own.run_id in runs else []
    return max(found, key=lambda attempt: attempt.progress, default=None)


def resumed_directory(settings: Settings, world: ProcessContext, checkout: Checkout) -> Path:
    """The directory that `resume-from` names. Raises `InvalidInput` when it cannot be used."""
    if settings.resume_from is None:
        raise ValueError("no resume-from was given")
    given = [Path(checkout.path) / settings.resume_from, world.directory / settings.resume_from]
    directory = next((path.resolve() for path in given if path.is_dir()), None)
    if directory is None:
        hint = "name the results directory of the run to resume"
        message = f"the directory {settings.resume_from!r} does not exist"
        raise InvalidInput([Diagnostic(message, source=SOURCE, hint=hint, code="nothing-to-resume")])
    link = tracked_link_on_the_way(Path(checkout.path).resolve(), Path(checkout.path) / settings.resume_from)
    if link is not None:
        message = f"{settings.resume_from!r} cannot be resumed: {str(link)!r} is a link that the repository tracks"
        hint = "name the directory that the link leads to"
        raise InvalidInput([Diagnostic(message, source=SOURCE, hint=hint)])
    return directory


def read_history(path: Path) -> RunHistory:
    """What a journal says. Raises `JournalCorrupt`."""
    history = RunHistory()
    for event, text in _read(path, _event_to_fold):
        history.note(event, text)
    return history


def read_events(path: Path) -> Iterator[Event]:
    """The records of a journal, all of one run; each is read when it is asked for. Raises `JournalCorrupt`."""
    return (event for event, _ in _read(path, _event_of))


def _read(path: Path, event_of: Callable[[bytes], Event]) -> Iterator[tuple[Event, bytes]]:
    run: str | None = None
    try:
        for text in journal_texts(path):
            event = event_of(text)
            if isinstance(event, RunStarted):
                if run not in (None, event.run_id):
                    raise JournalCorrupt(f"{path.name} holds records of several runs: {run}, {event.run_id}")
                run = event.run_id
            yield event, text
    except ValidationError as error:
        what = error.errors()[0]
        message = f"{path.name} holds a record that this version does not know: {what['msg']}"
        raise JournalCorrupt(message) from error
    except OSError as error:
        raise JournalCorrupt(f"{str(path)!r} cannot be read: {reason_of(error)}") from error


def _event_of(text: bytes) -> Event:
    return _events().validate_python(parse_record(text))


def _event_to_fold(text: bytes) -> Event:
    """The record for a history, which keeps the text of those of agents: numbers in them may lose theirs."""
    if text.find(b'"event":"agent_', 0, 64) > 0:
        try:
            return _events().validate_json(text)
        except ValidationError:  # a text that is no Unicode is refused too
            pass
    return _event_of(text)


async def plan_from(
    attempt: Attempt, settings: Settings, loaded: LoadedRun, checkout: Checkout, fingerprints: Mapping[str, str]
) -> ResumePlan | None:
    """What is left to do; None when the journal has no plan. Raises `InvalidInput` when it is the journal of another
    run.
    """
    earlier = earlier_run(attempt.history, without_map=loaded.workflow.map is None)
    if earlier is None:
        return None
    heads = [head.head for head in earlier.heads]
    contained = await commits_in_checkout(checkout, [earlier.started.base_sha, *heads])
    problems = _refusals(earlier, settings, checkout, fingerprints, based=earlier.started.base_sha in contained)
    if problems:
        raise InvalidInput(problems)
    assignments = [assignment_of(item) for item in earlier.planned.items]
    check_names(assignments, settings.only)
    chosen = chosen_ids(assignments, settings.only)
    workflow, carried = loaded.workflow, earlier.start.carried
    steps = {"reduce": workflow.reduce.steps, "merge": workflow.merge.steps}
    first = ("setup",) if workflow.map is None else ("map", "land")
    return plan_resume(
        earlier,
        "none" if settings.phase == "reduce" else settings.redrive,
        phases=(*first, *(name for name, listed in steps.items() if listed)),
        in_checkout=contained,
        carried_lost=carried is not None and not (attempt.directory / carried.file).is_file(),
        is_chosen=lambda assignment: not settings.only or assignment.id in chosen,
        excluded=EXCLUDED,
        reasons={id: item.not_run for id, item in attempt.history.items.items() if item.not_run is not None}
        if settings.phase == "reduce"
        else {},
    )


def _refusals(
    earlier: EarlierRun, settings: Settings, checkout: Checkout, fingerprints: Mapping[str, str], *, based: bool
) -> Sequence[Diagnostic]:
    problems: list[Diagnostic] = []
    base = earlier.started.base_sha
    if not based:
        hint = "check out that commit or a descendant, with its history (fetch-depth: 0)"
        message = f"the run started from {base[:12]}, which is not in the history of HEAD, {checkout.head[:12]}"
        problems.append(Diagnostic(message, source=SOURCE, hint=hint, code="other-base"))
    changed = describe_differences(earlier.started.fingerprints, fingerprints)
    if changed and not settings.force:
        hint = "take the changes back, or add --force (force: true) to run what is unfinished with them"
        message = f"the workflow is not the one that the run started with: {', '.join(changed)} changed"
        problems.append(Diagnostic(message, source=SOURCE, hint=hint, code="other-workflow"))
    return problems


def journals_below(directory: Path) -> list[Path]:
    """The directory itself, or those below it, at most two levels deep, that hold a journal."""
    if os.path.lexists(directory / JOURNAL):  # what is no regular file is refused where it is read
        return [directory]
    return sorted(path.parent for form in (f"*/{JOURNAL}", f"*/*/{JOURNAL}") for path in directory.glob(form))
