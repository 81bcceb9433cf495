"""What was read of objects, remembered up to a size: an object never changes, so what is remembered stays true."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedCache(Generic[T]):
    """Values by object id, of the size `most` together; those that were not used for longest are forgotten.

    Safe to share between threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._values: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, object_id: str) -> T | None:
        """The value, when it is remembered."""
        with self._lock:
            found = self._values.get(object_id)
            if found is None:
                return None
            self._values.move_to_end(object_id)
            return found[0]

    def put(self, object_id: str, value: T, size: int) -> None:
        """Remember a value; the last one always, whatever its size."""
        with self._lock:
            _, before = self._values.pop(object_id, (None, 0))
            self._values[object_id] = (value, size)
            self._size += size - before
            while self._size > self._most and len(self._values) > 1:
                _, (_, gone) = self._values.popitem(last=False)
                self._size -= gone
