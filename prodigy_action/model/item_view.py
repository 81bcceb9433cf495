"""What reports read of an item, wherever its fields are: in a value of the results, or in the records of a journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import BaseModel
from pydantic_core import CoreSchema, core_schema

from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.events import ErrorRecord, FinishedState, LandedHow, MadeRef, StepRecord
from prodigy_action.model.item_parts import Attempt, Conflict, ItemState


class ExecutionView(Protocol):
    """One execution of an item; the fields are those of `Attempt`, which explains them."""

    @property
    def number(self) -> int: ...
    @property
    def state(self) -> FinishedState: ...
    @property
    def started_at(self) -> str | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def slot(self) -> int | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def agent(self) -> AgentUsage | None: ...
    @property
    def conflict(self) -> Conflict | None: ...


class ItemView(Protocol):
    """One planned item of a run; the fields are those of `ItemResult`, which explains them."""

    @property
    def id(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def item(self) -> Any: ...
    @property
    def state(self) -> ItemState: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def attempts(self) -> list[Attempt]: ...
    @property
    def executions(self) -> Sequence[ExecutionView]: ...
    @property
    def commits(self) -> list[str]: ...
    @property
    def landed_by(self) -> LandedHow | None: ...
    @property
    def files_changed(self) -> list[str]: ...
    @property
    def uncommitted(self) -> list[str]: ...
    @property
    def steps(self) -> list[StepRecord]: ...
    @property
    def refs(self) -> list[MadeRef]: ...
    @property
    def error(self) -> ErrorRecord | None: ...
    @property
    def conflict(self) -> Conflict | None: ...
    @property
    def log(self) -> str | None: ...
    @property
    def patch(self) -> str | None: ...
    @property
    def agent(self) -> AgentUsage | None: ...
    @property
    def reproduce(self) -> str | None: ...
    @property
    def tolerates(self) -> bool: ...
    @property
    def changed(self) -> int: ...
    def whole(self) -> BaseModel: ...
    def content(self) -> dict[str, Any]: ...


class ItemViews(Sequence[ItemView]):
    """Base of sequences that make their items when they are asked for them."""


def listed_items(listed: CoreSchema) -> CoreSchema:
    """The schema of items that are a list of values, or views of records: those are not looked at before they are used.

    `listed` is the schema of the list.
    """
    return core_schema.union_schema(
        [core_schema.is_instance_schema(ItemViews), listed],
        serialization=core_schema.plain_serializer_function_ser_schema(_whole, return_schema=listed),
    )


def tolerates(step: StepRecord) -> bool:
    """Whether the step, or one inside it, failed and the run continued."""
    return step.tolerated is not None or bool(step.tolerated_inside)


def _whole(items: Sequence[ItemView]) -> list[BaseModel]:
    return [item.whole() for item in items]
