"""Base of the workflow's values."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Seconds: TypeAlias = Annotated[float, Field(ge=0, json_schema_extra={"format": "seconds"})]
Interpreter: TypeAlias = Literal["sh", "bash"]


class Frozen(BaseModel):
    """Base of all workflow values: immutable, unknown keys refused, fields documented for the schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
