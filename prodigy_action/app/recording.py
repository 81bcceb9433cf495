"""The journal of a run in memory and on disk: secrets are masked before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from prodigy_action.adapters.results.journal import FileJournal
from prodigy_action.errors import JournalUnwritable
from prodigy_action.model.events import AgentFinished, AgentStarted, Event, PhaseFinished, Planned
from prodigy_action.model.json_value import number_text
from prodigy_action.pure.journal.reducer import RunHistory
from prodigy_action.pure.text.masking import MASK, Masker

_ANY_JSON = frozenset({"item", "captured", "captures", "variables", "fingerprints", "inputs"})
"""Fields of records that may hold any JSON value, or any names."""


class RecordingJournal:
    """The journal of a run: masks, appends durably, folds, and shows every new record to `observer`.

    `earlier` is the history that the file holds already. Callers count the executions of this attempt from 1; the
    journal adds the earlier ones (`executions`).
    """

    def __init__(
        self,
        journal: FileJournal,
        masker: Masker,
        *,
        observer: Callable[[Event], None],
        earlier: RunHistory | None = None,
        executions: Mapping[int, int] | None = None,
    ) -> None:
        self._observer = observer
        self._executions = executions or {}
        self._journal = journal
        self._masker = masker
        self.history = earlier or RunHistory()
        """The history as written: secrets are masked."""
        self._lost: JournalUnwritable | None = None

    @property
    def broken(self) -> bool:
        """Whether a record was lost; then no further record is written, so that the journal has no gap."""
        return self._lost is not None

    async def append(self, event: Event) -> None:
        """Write one record; it is on disk when this returns. Raises `JournalUnwritable`, and from then on always."""
        await self.append_all([event])

    async def append_all(self, events: Sequence[Event]) -> None:
        """As `append`, for at least one record, in this order and in one write."""
        if self._lost is not None:
            raise JournalUnwritable(str(self._lost))
        try:
            written = await self._journal.append_all([self._prepared(event) for event in events])
        except JournalUnwritable as error:
            self._lost = error
            raise
        for event in written:
            self.history.note(event)
            self._observer(event)

    def _prepared(self, event: Event) -> tuple[Event, dict[str, Any]]:
        """The record as it is written, and its content."""
        if isinstance(event, AgentStarted | AgentFinished) and (earlier := self._executions.get(event.item_id, 0)):
            event = event.model_copy(update={"number": event.number + earlier})
        content = event.model_dump()
        if self._masker.may_mask(_texts(content)) and (masked := self._masked(content)) != content:
            event = _with_withheld_fields(event, _validated(type(event), masked, content))
            content = event.model_dump()
        return event, content

    def _masked(self, value: Any, *, free: bool = False) -> Any:
        """`value` with secrets masked; where any JSON value is allowed (`free`), a number that is a secret is masked
        too, and so are names. The names of a record's own fields stay: a secret may be a word such as `steps`.
        """
        if isinstance(value, str):
            return self._masker.mask_text(value)
        if isinstance(value, dict):
            return {
                self._masked(key) if free else key: self._masked(each, free=free or key in _ANY_JSON)
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._masked(each, free=free) for each in value]
        if free and isinstance(value, int | float) and self._masker.mask_text(number_text(value)) == MASK:
            return MASK
        return value


def _texts(value: Any) -> Iterator[str]:
    """All texts of a record, its names and numbers too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, int | float):
        yield number_text(value)


def _validated(kind: type[Event], masked: Any, original: Any) -> Event:
    """The record; a word of the record's own form, such as `setup`, stays where a secret is the same word."""
    try:
        return kind.model_validate(masked)
    except ValidationError as error:
        words = [problem["loc"] for problem in error.errors() if problem["type"] == "literal_error"]
        if not words:
            raise
    for place in words:
        put, found = masked, original
        for step in place[:-1]:
            put, found = put[step], found[step]
        put[place[-1]] = found[place[-1]]
    return kind.model_validate(masked)


def _with_withheld_fields(event: Event, masked: Event) -> Event:
    match event, masked:
        case PhaseFinished(), PhaseFinished():
            names = [name for name, value in event.variables.items() if masked.variables.get(name) != value]
            return masked.model_copy(update={"withheld": names}) if names else masked
        case Planned(), Planned():
            pairs = zip(event.items, masked.items, strict=True)
            ids = [item.id for item, shown in pairs if (item.item, item.key) != (shown.item, shown.key)]
            return masked.model_copy(update={"withheld": ids}) if ids else masked
        case _:
            return masked
