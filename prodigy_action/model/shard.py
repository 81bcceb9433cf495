"""One of the parallel jobs of a run."""

from __future__ import annotations

from typing import Final

from prodigy_action.dataclass import dataclass

MOST_SHARDS: Final = 256
"""The most jobs that one matrix of GitHub Actions may have."""
ITEMS_PER_SHARD: Final = 100
"""How many items `auto` gives to a shard, unless `items-per-shard` says otherwise.

A job of GitHub takes 20 to 60 seconds to start, which pays from about a hundred items on.
"""


@dataclass(frozen=True, slots=True)
class Shard:
    """The job `index`, from 0, of `total` jobs. Raises `ValueError` for an index outside of them."""

    index: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.total:
            raise ValueError(f"shard {self.index!r} is not one of {self.total!r}")
