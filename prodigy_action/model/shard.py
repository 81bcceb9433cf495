"""One of the parallel jobs of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shard:
    """The job `index`, from 0, of `total` jobs. Raises `ValueError` for an index outside of them."""

    index: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.total:
            raise ValueError(f"shard {self.index!r} is not one of {self.total!r}")
