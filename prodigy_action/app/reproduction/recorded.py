"""The results of an ended run, and the one item of them that is executed once more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prodigy_action.adapters.git.calls import in_thread
from prodigy_action.adapters.git.checkout import calls_on
from prodigy_action.adapters.results.results_import import JOURNAL
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.resume import read_history
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.events import RunStarted
from prodigy_action.model.git import Checkout
from prodigy_action.model.item_view import ItemView
from prodigy_action.model.run_inputs import RunInputs
from prodigy_action.pure.journal.aggregation import results_of
from prodigy_action.pure.journal.reproduction import TIMED_OUT, find_planned
from prodigy_action.pure.journal.resume_plan import ResumePlan, assignment_of
from prodigy_action.pure.journal.resume_state import earlier_run
from prodigy_action.report.item_text import counterpart_names, name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedItem:
    """One item as the results of its run have it."""

    directory: Path
    """The results directory."""
    run: RunStarted
    given: RunInputs
    image: str | None
    """As `InputsGiven` has it."""
    result: ItemView
    counterparts: Mapping[int, str]
    """Id → name of the items that it conflicts with."""
    plan: ResumePlan
    """The plan of a resume that executes this item alone."""
    start: str
    """The commit that its last execution started from."""

    @property
    def exit_code(self) -> int | None:
        """What `reproduce` ends with when the item ends as it did in the run; None when it did not end there."""
        item = self.result
        if item.state in ("cancelled", "not_run"):
            return None
        if item.state == "timed_out":
            return TIMED_OUT
        if item.error is None or item.state not in ("failed", "skipped"):
            return 0
        return item.error.exit_code or 1


def find_directory(results_dir: str, world: ProcessContext, checkout: Checkout) -> Path:
    """The results directory, from the current directory or from the top of the checkout. Raises `InvalidInput`."""
    places = (world.directory / results_dir, Path(checkout.path) / results_dir)
    found = next((path for path in places if (path / JOURNAL).is_file()), None)
    if found is not None:
        return found.resolve()
    inside = sorted(path.parent.name for path in places[0].glob(f"*/{JOURNAL}"))
    hint = f"name one of those in it, such as {inside[0]}" if inside else "name the results directory of a run"
    message = f"there are no results of a run: {JOURNAL} is not there"
    raise InvalidInput([Diagnostic(message, source=str(places[0]), hint=hint, code="no-results")])


def read_item(directory: Path, wanted: str) -> RecordedItem:
    """The item. Raises `InvalidInput` for a run that cannot be reproduced and for an unknown item, `JournalCorrupt`."""
    source = str(directory)
    history = read_history(directory / JOURNAL)
    run = history.run
    if run is None or history.finished is None:
        hint = f"end it with prodigy-action run … --resume-from {directory.name}"
        raise _refused("the run has not ended: its items have no result yet", source, hint, "unfinished-run")
    if history.inputs is None:
        raise _refused("an earlier version made these results, without the inputs of the run", source, None, "old")
    earlier = earlier_run(history)
    if earlier is None:
        raise _refused("the run has no items: none were planned", source, None, "unknown-item")
    results = results_of(history).items
    item = find_planned(earlier.planned.items, wanted, [name_of(each) for each in results], source)
    carried = earlier.start.carried
    plan = ResumePlan(
        earlier=earlier,
        rerun=(assignment_of(item),),
        carried_lost=carried is not None and not (directory / carried.file).is_file(),
    )
    last = history.items[item.id].last
    return RecordedItem(
        directory=directory,
        run=run,
        given=history.inputs.given,
        image=history.inputs.image,
        result=next(each for each in results if each.id == item.id),
        counterparts=counterpart_names(results),
        plan=plan,
        start=(last.based_on if last is not None else None) or earlier.planned.start_sha,
    )


async def check_base(checkout: Checkout, base: str) -> None:
    """Raise `InvalidInput` when the checkout's repository does not have the commit that the run started from."""

    def is_there() -> bool:
        return calls_on(checkout).attempt("cat-file", "-e", f"{base}^{{commit}}").status == 0

    if not await in_thread(is_there):
        message = f"the run started from {base[:12]}, a commit that is not in this repository"
        raise _refused(message, checkout.path, f"git fetch origin {base}", "other-base")


def _refused(message: str, source: str, hint: str | None, code: str) -> InvalidInput:
    return InvalidInput([Diagnostic(message, source=source, hint=hint, code=code)])
