"""What is recorded of a run: secrets masked before anything is written, the events kept for the results."""

from __future__ import annotations

from typing import Any

from prodigy_action.adapters.journal import FileJournal
from prodigy_action.errors import JournalUnwritable
from prodigy_action.model.events import Event
from prodigy_action.pure.masking import Masker, MaskingStream


class GrowingMasker(Masker):
    """A masker that learns secrets while the run goes on; streams opened earlier do not know later ones."""

    def __init__(self) -> None:
        super().__init__(())
        self._secrets: list[str] = []
        self._current = Masker(())

    def add(self, secret: str) -> None:
        """Mask one more value from now on."""
        self._secrets.append(secret)
        self._current = Masker(self._secrets)

    def mask_text(self, text: str) -> str:
        return self._current.mask_text(text)

    def stream(self) -> MaskingStream:
        return self._current.stream()


class RecordingJournal:
    """The journal of a run: masks, appends durably, and remembers."""

    def __init__(self, journal: FileJournal, masker: Masker) -> None:
        self._journal = journal
        self._masker = masker
        self.events: list[Event] = []
        """As they were written, secrets masked."""
        self.spoken: list[Event] = []
        """As they were said; for variables, never for files."""
        self._lost: JournalUnwritable | None = None

    @property
    def broken(self) -> bool:
        """Whether a record was lost; then none follows it, so that the journal never tells half of a story."""
        return self._lost is not None

    async def append(self, event: Event) -> None:
        """Write one record; it is on disk when this returns. Raises `JournalUnwritable`, from then on always."""
        if self._lost is not None:
            raise JournalUnwritable(str(self._lost))
        masked = type(event).model_validate(self._masked(event.model_dump()))
        try:
            written = await self._journal.append(masked)
        except JournalUnwritable as error:
            self._lost = error
            raise
        self.events.append(written)
        self.spoken.append(event)

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._masker.mask_text(value)
        if isinstance(value, dict):
            return {self._masked(key): self._masked(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._masked(each) for each in value]
        return value
