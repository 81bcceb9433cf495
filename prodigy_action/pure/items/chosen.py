"""`only`: which assignments its names and globs choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.assignment import Selection, WorkAssignment
from prodigy_action.pure.items.nothing_selected import SelectionWarning
from prodigy_action.pure.text.suggestions import nearest

NEAREST_SHOWN = 3
KEY_MARK = "key="


class _Names:
    """The names of assignments: the position and `item_<n>`, then the key, then `key=` and the key."""

    def __init__(self, assignments: Sequence[WorkAssignment]) -> None:
        self._assignments = assignments
        self._positions = {name: each.id for each in assignments for name in (str(each.id), f"item_{each.id}")}
        self._keys: dict[str, list[int]] = {}
        for each in assignments:
            self._keys.setdefault(each.key, []).append(each.id)

    def chosen(self, name: str) -> Sequence[int]:
        """The ids that a name chooses. What is nobody's name is a glob."""
        if name in self._positions:
            return [self._positions[name]]
        if name in self._keys:
            return self._keys[name]
        if name.startswith(KEY_MARK):
            return self._keys.get(name.removeprefix(KEY_MARK), ())
        if not _is_glob(name):
            return ()
        matching = {id for own, id in self._positions.items() if fnmatchcase(own, name)}
        matching.update(id for key, ids in self._keys.items() if fnmatchcase(key, name) for id in ids)
        return sorted(matching)

    def is_of_two(self, name: str) -> bool:
        """Whether a name is the position of one item and the key of another."""
        return name in self._positions and any(id != self._positions[name] for id in self._keys.get(name, ()))

    def unknown(self, name: str) -> Diagnostic:
        """The problem of a name that chooses nothing."""
        close = nearest(name.removeprefix(KEY_MARK), [key for key in self._keys if key], most=NEAREST_SHOWN)
        first = self._assignments[0]
        hint = f"write a position, item_<n> or a key, such as {first.id}, item_{first.id} or {first.key!r}"
        count = len(self._assignments)
        message = f"{name!r} names none of the {count} items" if count > 1 else f"{name!r} does not name the one item"
        if close:
            message += f": did you mean {' or '.join(map(repr, close))}?"
        return Diagnostic(message, source="input only", hint=hint, code="unknown-item")


def choose_assignments(selection: Selection, only: Sequence[str]) -> Selection:
    """The selection with only those assignments that `only` names; without names, all of them."""
    if not only:
        return selection
    chosen = chosen_ids(selection.assignments, only)
    return replace(selection, assignments=tuple(each for each in selection.assignments if each.id in chosen))


def chosen_ids(assignments: Sequence[WorkAssignment], only: Sequence[str]) -> frozenset[int]:
    """The ids of the assignments that one of the names chooses.

    A name is an item's position, `item_<n>`, its key, or `key=` and its key. What is no item's name is a glob.
    """
    names = _Names(assignments)
    return frozenset(id for name in only for id in names.chosen(name))


def check_names(assignments: Sequence[WorkAssignment], only: Sequence[str]) -> list[SelectionWarning]:
    """What is questionable about `only`: globs that choose nothing beside names that do, names with two meanings.

    Raises `InvalidInput` for a name that no item has, and when nothing is chosen.
    """
    if not only or not assignments:
        return []
    names = _Names(assignments)
    nobody = [name for name in only if not names.chosen(name)]
    refused = nobody if len(nobody) == len(only) else [name for name in nobody if not _is_glob(name)]
    if refused:
        raise InvalidInput([names.unknown(name) for name in refused])
    return [
        *(
            SelectionWarning(
                "only", f"{glob!r} names none of the items", "leave it out, or correct it", code="unknown-item"
            )
            for glob in nobody
        ),
        *(_of_two(name) for name in only if names.is_of_two(name)),
    ]


def _of_two(name: str) -> SelectionWarning:
    message = f"{name!r} is the position of an item and the key of another one: the position is meant"
    return SelectionWarning(
        "only", message, f"write item_{name.removeprefix('item_')}, or {KEY_MARK}{name} for the key", code="two-items"
    )


def _is_glob(name: str) -> bool:
    return any(sign in name for sign in "*?[")
