"""The entries of one directory as git stores them, changed at a few names: sorting all of them takes far longer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from prodigy_action.dataclass import dataclass

Entry = tuple[bytes, str]
"""Mode as git writes it, and object id."""

Tree = dict[bytes, Entry]
"""The entries of one directory by name."""

DIRECTORY = b"40000"
_FEW_PART = 8
"""Sorting all entries anew is faster when more than one in so many changes."""


@dataclass(frozen=True, slots=True)
class TreeRows:
    """The `rows` of a tree object in their order, and what each is sorted by. Neither list may be changed."""

    orders: list[bytes]
    rows: list[bytes]

    @property
    def content(self) -> bytes:
        """The content of the tree object."""
        return b"".join(self.rows)

    def changed(self, before: Tree, changes: Mapping[bytes, Entry | None]) -> TreeRows:
        """The rows of `before`, which these are, with other entries at some names (None: no entry)."""
        if len(changes) * _FEW_PART > len(self.rows):
            return rows_of(changed_tree(before, changes))
        orders, rows = self.orders.copy(), self.rows.copy()
        for name, entry in changes.items():
            old = before.get(name)
            if old is not None:
                position = bisect_left(orders, _order(name, old))
                del orders[position], rows[position]
            if entry is not None:
                position = bisect_left(orders, _order(name, entry))
                orders.insert(position, _order(name, entry))
                rows.insert(position, _row(name, entry))
        return TreeRows(orders, rows)


def rows_of(tree: Tree) -> TreeRows:
    """The rows of a tree."""
    ordered = sorted((_order(name, entry), name) for name, entry in tree.items())
    return TreeRows([order for order, _ in ordered], [_row(name, tree[name]) for _, name in ordered])


def changed_tree(before: Tree, changes: Mapping[bytes, Entry | None]) -> Tree:
    """A tree with other entries at some names (None: no entry)."""
    after = before.copy()
    for name, entry in changes.items():
        if entry is None:
            after.pop(name, None)
        else:
            after[name] = entry
    return after


def _order(name: bytes, entry: Entry) -> bytes:
    return name + b"/" if entry[0] == DIRECTORY else name


def _row(name: bytes, entry: Entry) -> bytes:
    mode, object_id = entry
    return b"%s %s\0%s" % (mode, name, bytes.fromhex(object_id))
