"""Base of the workflow's values."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from prodigy_action.dataclass import dataclass

Seconds: TypeAlias = Annotated[float, Field(ge=0, json_schema_extra={"format": "seconds"})]


@dataclass(frozen=True, slots=True)
class NamesFile:
    """Marks a field whose text is the path of a file that the program itself reads or writes, or of a directory.

    Tests put files of every kind in the place of each such field.
    """

    use: Literal["read", "write", "enter"]


ReadPath: TypeAlias = Annotated[str, NamesFile("read")]
WrittenPath: TypeAlias = Annotated[str, NamesFile("write")]
DirectoryPath: TypeAlias = Annotated[str, NamesFile("enter")]
Interpreter: TypeAlias = Literal["sh", "bash"]


class Frozen(BaseModel):
    """Base of all workflow values: immutable, unknown keys refused, fields documented for the schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
