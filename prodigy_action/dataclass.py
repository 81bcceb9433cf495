"""`dataclass(slots=True)` of the standard library, with classes that are quicker to make: a run imports 270 of them.

The standard library compiles six methods for each class. Here all classes share most of their methods, and `__init__`
is compiled when it is first used. `fields`, `replace`, `match`, pydantic and type checkers see no difference.
"""

from __future__ import annotations

import dataclasses
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError
from operator import attrgetter, ge, gt, le, lt
from operator import eq as equals
from typing import TYPE_CHECKING, Any, Final

_FROM_FACTORY: Final = object()
_set: Final = object.__setattr__


def _dataclass(
    *,
    slots: bool,
    frozen: bool = False,
    eq: bool = True,
    order: bool = False,
    kw_only: bool = False,
) -> Callable[[type], type]:
    """The decorator; the options mean what they mean in the standard library, and `slots` must be true."""
    if not slots:
        raise TypeError("a class without slots is made with dataclasses.dataclass")

    def decorate(cls: type) -> type:
        own = {name: _field(cls, name, kw_only) for name, note in cls.__annotations__.items() if _is_field(note)}
        inherited = [vars(base)["__dataclass_fields__"] for base in cls.__mro__[:0:-1] if _is_made(base)]
        fields: dict[str, Field[Any]] = {name: field for part in (*inherited, own) for name, field in part.items()}
        body = {name: value for name, value in vars(cls).items() if name not in own}
        body.pop("__dict__", None)
        body.pop("__weakref__", None)
        known = {name for base in cls.__mro__[1:-1] for name in getattr(base, "__slots__", ())}
        body["__slots__"] = tuple(name for name in own if name not in known)
        body["__dataclass_fields__"] = fields
        body.setdefault(
            "__match_args__", tuple(each.name for each in fields.values() if each.init and not each.kw_only)
        )
        init = _Init(fields.values(), frozen)
        for name, method in (("__init__", init), ("__repr__", _repr), *_compared(body, fields, frozen, eq, order)):
            body.setdefault(name, method)
        if frozen:
            body.update(_FROZEN)
        init.owner = made = type(cls)(cls.__name__, cls.__bases__, body)
        made.__qualname__ = cls.__qualname__
        return made

    return decorate


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _dataclass


def _is_made(base: type) -> bool:
    return "__dataclass_fields__" in vars(base)


def _is_field(note: object) -> bool:
    return not str(note).startswith(("ClassVar", "typing.ClassVar"))


def _field(cls: type, name: str, kw_only: bool) -> Field[Any]:
    value = vars(cls).get(name, MISSING)
    field: Any = value if isinstance(value, Field) else dataclasses.field(default=value)
    if type(field.default).__hash__ is None:
        raise ValueError(f"mutable default of {cls.__name__}.{name}: use default_factory")
    field.name, field.type = name, cls.__annotations__[name]
    field._field_type = dataclasses._FIELD  # type: ignore[attr-defined]  # what `fields` and `replace` look for
    if field.kw_only is MISSING:
        field.kw_only = kw_only
    return field  # type: ignore[no-any-return]  # it has a private field for mypy


class _Init:
    """Stands for `__init__` until it is first asked for."""

    owner: type

    def __init__(self, fields: Iterable[Field[Any]], frozen: bool) -> None:
        self._fields = fields
        self._frozen = frozen

    def __get__(self, instance: object | None, _: type) -> Any:
        init = _compiled(self.owner, self._fields, self._frozen)
        self.owner.__init__ = init  # type: ignore[misc]  # that is the purpose
        return init if instance is None else init.__get__(instance)


def _compiled(cls: type, fields: Iterable[Field[Any]], frozen: bool) -> Any:
    """`__init__` with the signature of the class."""
    values: dict[str, object] = {"__set": _set, "__from_factory": _FROM_FACTORY}
    positional, lines = ["self"], list[str]()
    named = list[str]()
    for field in fields:
        name, value = field.name, field.name
        if field.default is not MISSING:
            values[default := f"__default_{name}"] = field.default
        elif field.default_factory is not MISSING:
            values[f"__make_{name}"], default = field.default_factory, "__from_factory"
            value = f"__make_{name}() if {name} is __from_factory else {name}" if field.init else f"__make_{name}()"
        else:
            default = ""
        if field.init:
            (named if field.kw_only else positional).append(f"{name}={default}" if default else name)
        elif not default:
            continue  # `__post_init__` sets it
        elif field.default is not MISSING:
            value = default
        lines.append(f"__set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join([*positional, *(["*", *named] if named else [])])
    body = "\n  ".join(lines or ["pass"])
    found: dict[str, Any] = {}
    text = f"def make({', '.join(values)}):\n def __init__({parameters}):\n  {body}\n return __init__"
    exec(text, vars(sys.modules[cls.__module__]), found)  # noqa: S102  # of names in our own classes, as dataclasses does
    init = found["make"](**values)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {field.name: field.type for field in fields if field.init} | {"return": None}
    return init


def _compared(
    body: Mapping[str, object], fields: Mapping[str, Field[Any]], frozen: bool, eq: bool, order: bool
) -> Iterable[tuple[str, object]]:
    """The methods that compare two values by their fields."""
    if not eq:
        return
    values = _values_of([each.name for each in fields.values() if each.compare])

    yield "__hash__", (lambda self: hash(values(self))) if frozen else None
    for compare in (equals, lt, le, gt, ge) if order else (equals,):
        yield f"__{compare.__name__}__", _comparison(compare, values)


def _comparison(
    compare: Callable[[Any, Any], bool], values: Callable[[object], tuple[object, ...]]
) -> Callable[[object, object], bool]:
    def compared(self: object, other: object) -> bool:
        return compare(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented

    return compared


def _values_of(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


@reprlib.recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, field in self.__dataclass_fields__.items() if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_assignment(_: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(_: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, name) for name in self.__dataclass_fields__]


def _restore(self: Any, state: list[object]) -> None:
    for name, value in zip(self.__dataclass_fields__, state, strict=True):
        _set(self, name, value)


_FROZEN: Final = {
    "__setattr__": _refuse_assignment,
    "__delattr__": _refuse_deletion,
    "__getstate__": _state,
    "__setstate__": _restore,
}
