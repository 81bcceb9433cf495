"""The pristine state that every slot of a pool starts from."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.adapters.git.objects import SUBMODULE
from prodigy_action.adapters.git.tree_rows import Entry
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.adapters.worktrees.making.stock import Stock, stock_of
from prodigy_action.adapters.worktrees.tracked_files import entries_of, tracked_files
from prodigy_action.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTemplate:
    """`tracked` are the paths of the base, `submodules` those of them that name a submodule, `carried` further files.

    The rest is the content of repository files.
    """

    repository: PrivateRepository
    base: str
    tracked: Mapping[bytes, Entry]
    submodules: tuple[bytes, ...]
    carried: tuple[bytes, ...]
    config: bytes
    packed_refs: bytes
    shallow: bytes
    excludes: bytes
    attributes: bytes
    stock: Stock | None
    """Makes files of slots; without it git makes them all."""


def make_template(repository: PrivateRepository, base: str, carried: tuple[bytes, ...], slots: int) -> SlotTemplate:
    """The template of a commit, of which so many slots may be made. Blocks.

    Raises `GitFailed` when the commit cannot be listed.
    """
    refs = repository.git.run(
        "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes", "refs/tags"
    )
    rows = repository.listing.take(base)
    tracked = tracked_files(repository.own, base) if rows is None else entries_of(rows)
    return SlotTemplate(
        repository=repository,
        base=base,
        tracked=tracked,
        submodules=tuple(path for path, (mode, _) in tracked.items() if mode == SUBMODULE),
        carried=tuple(path for path in carried if path not in tracked),
        config=repository.read_from_parent("config"),
        packed_refs=b"# pack-refs with: sorted \n" + refs,
        shallow=repository.read_from_parent("shallow"),
        excludes=repository.read_from_parent("info/exclude"),
        attributes=repository.read_from_parent("info/attributes"),
        stock=stock_of(repository, base, len(tracked), slots),
    )
