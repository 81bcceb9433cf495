"""Our `dataclass` gives what that of the standard library gives."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, field
from typing import Any, Generic, TypeVar, get_type_hints

import pytest
from pydantic import TypeAdapter

from prodigy_action.dataclass import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Mark(Place):
    notes: tuple[str, ...] = field(default=(), compare=False)
    hidden: str = field(default="x", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Generic[T]):
    value: T
    tags: list[str] = field(default_factory=list)
    twice: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "twice", len(self.tags) * 2)


@dataclass(slots=True)
class Counter:
    count: int = 0
    fixed: int = field(default=7, init=False)

    @property
    def next(self) -> int:
        return self.count + 1


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    place: int


@dataclass(frozen=True, slots=True, eq=False)
class Single:
    value: int


@dataclasses.dataclass(frozen=True, slots=True)
class StandardMark:
    line: int
    column: int = 1
    notes: tuple[str, ...] = field(default=(), compare=False)
    hidden: str = field(default="x", repr=False)


def test_signatures_and_type_hints_are_those_of_the_standard_library() -> None:
    assert str(inspect.signature(Mark)) == str(inspect.signature(StandardMark))
    assert str(inspect.signature(Named)).startswith("(*, value: 'T', tags: 'list[str]' = <")
    assert get_type_hints(Mark.__init__) == get_type_hints(StandardMark.__init__)
    assert Mark.__match_args__ == StandardMark.__match_args__ == ("line", "column", "notes", "hidden")
    assert Named.__match_args__ == ()


def test_values_are_equal_by_their_compared_fields_and_their_class() -> None:
    assert Mark(1, notes=("a",)) == Mark(1, 1, ("b",))
    assert hash(Mark(1, notes=("a",))) == hash(Mark(1))
    assert Mark(1) != Mark(2)
    assert Place(1) != Mark(1)
    assert Rank(3) == Rank(3)
    assert Single(1) != Single(1)
    assert Counter(2) == Counter(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Counter())


def test_ordered_values_compare_with_their_own_class_alone() -> None:
    assert sorted([Rank(3), Rank(1), Rank(2)]) == [Rank(1), Rank(2), Rank(3)]
    assert Rank(1) <= Rank(1) < Rank(2)
    with pytest.raises(TypeError, match="not supported"):
        assert Rank(1) < Place(2)  # type: ignore[operator]


def test_the_text_of_a_value_names_the_fields_that_are_shown() -> None:
    assert repr(Mark(1, 2, ("n",))) == repr(StandardMark(1, 2, ("n",))).replace("StandardMark", "Mark")
    assert repr(Counter(4)) == "Counter(count=4, fixed=7)"
    itself: Named[Any] = Named(value=[])
    itself.value.append(itself)
    assert repr(itself) == "Named(value=[...], tags=[], twice=0)"


def test_frozen_values_refuse_assignment_and_deletion() -> None:
    mark = Mark(1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'line'"):
        mark.line = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'line'"):
        del mark.line


def test_mutable_values_have_the_declared_fields_alone() -> None:
    counter = Counter()
    counter.count = counter.next
    assert counter == Counter(1)
    with pytest.raises(AttributeError):
        counter.other = 1  # type: ignore[attr-defined]


def test_factories_give_each_value_its_own_default() -> None:
    first, second = Named(value=1), Named(value=1)
    first.tags.append("a")
    assert second.tags == []
    assert Named(value=1, tags=["a", "b"]).twice == 4


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Mark\.__init__\(\) missing 1 required positional argument: 'line'"):
        Mark()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'lines'"):
        Mark(lines=1)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match=r"mutable default of Wrong\.names: use default_factory"):

        @dataclass(slots=True)
        class Wrong:
            names: list[str] = []  # noqa: RUF012  # that is what is tested


def test_the_functions_of_the_standard_library_know_the_classes() -> None:
    assert [each.name for each in dataclasses.fields(Mark)] == ["line", "column", "notes", "hidden"]
    assert dataclasses.asdict(Mark(1)) == {"line": 1, "column": 1, "notes": (), "hidden": "x"}
    assert dataclasses.replace(Mark(1, 2), column=3) == Mark(1, 3)
    with pytest.raises((ValueError, TypeError), match="twice"):  # the latter since Python 3.13
        dataclasses.replace(Named(value=1), twice=3)
    assert StandardMark(1) == StandardMark(1)


def test_copies_and_pickles_are_equal() -> None:
    for value in (Mark(1, 2), Counter(3), Named(value="x", tags=["a"])):
        assert copy.deepcopy(value) == value
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301  # what was made in the line itself


def test_pydantic_reads_and_writes_the_classes() -> None:
    adapter = TypeAdapter(Mark)
    value = adapter.validate_python({"line": "3", "notes": ["a"]})
    assert value == Mark(3)
    assert value.notes == ("a",)
    assert adapter.dump_python(value) == dataclasses.asdict(value)
