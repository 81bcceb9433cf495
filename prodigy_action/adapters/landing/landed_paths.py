"""Which item changed which path: distinguishes items that cannot conflict, and names the other items of a conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


class LandedPaths:
    """The paths that landed items changed, with all directories above them."""

    def __init__(self) -> None:
        self._by_path: defaultdict[bytes, set[int]] = defaultdict(set)
        self._by_directory: defaultdict[bytes, set[int]] = defaultdict(set)

    def record(self, item_id: int | None, paths: Iterable[bytes]) -> None:
        """Record the paths that an item changed; None stands for a later phase."""
        items = set() if item_id is None else {item_id}
        for path in paths:
            self._by_path[path] |= items
            for directory in _directories_above(path):
                self._by_directory[directory] |= items

    def touches(self, paths: Iterable[bytes]) -> bool:
        """Whether any of the paths equals, contains or lies below a path that an item changed."""
        return any(
            path in self._by_path
            or path in self._by_directory
            or any(directory in self._by_path for directory in _directories_above(path))
            for path in paths
        )

    def items_on(self, paths: Iterable[bytes]) -> tuple[int, ...]:
        """The items that changed these paths, or a path above or below them; in item order."""
        items: set[int] = set()
        for path in paths:
            items |= self._by_path.get(path, set()) | self._by_directory.get(path, set())
            for directory in _directories_above(path):
                items |= self._by_path.get(directory, set())
        return tuple(sorted(items))


def _directories_above(path: bytes) -> Iterable[bytes]:
    end = path.rfind(b"/")
    while end > 0:
        yield path[:end]
        end = path.rfind(b"/", 0, end)
