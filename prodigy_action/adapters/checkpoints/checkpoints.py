"""The checkpoints of a run in the results directory: with them a killed run can be resumed on another machine."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import anyio

from prodigy_action.adapters.checkpoints.carried_archive import not_in_checkout, write_archive
from prodigy_action.adapters.files.atomic import pieces_of
from prodigy_action.adapters.git.calls import encode, in_thread
from prodigy_action.adapters.git.object_packs import make_pack, pack_entry
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.adapters.results.state_store import StateStore, unwritable
from prodigy_action.model.events import KeptObjects, KeptRef
from prodigy_action.model.git import Checkout
from prodigy_action.pure.text.masking import Masker


class CheckpointStore:
    """Keeps commits of the private repository in `state/`."""

    def __init__(
        self,
        repository: PrivateRepository,
        store: StateStore,
        limiter: anyio.CapacityLimiter,
        masker: Masker | None = None,
    ) -> None:
        """Files that hold a secret of `masker` are not kept."""
        self._masker = masker
        self._repository = repository
        self._store = store
        self._limiter = limiter

    def keep_contents(self, contents: Sequence[tuple[str, bytes]]) -> KeptObjects:
        """Keep the objects of an item, given as kinds and contents. Blocks. Raises `ResultsUnwritable`."""
        return self._store.append_here(make_pack([pack_entry(kind, content) for kind, content in contents]))

    async def keep(self, head: str, without: Sequence[str]) -> KeptObjects | None:
        """Keep the objects that `head` reaches and `without` does not reach; None when there is nothing to keep."""
        return await self.keep_all([head], without)

    async def keep_all(self, heads: Sequence[str], without: Sequence[str]) -> KeptObjects | None:
        """The same for several heads together."""
        if set(heads) <= set(without):
            return None
        with tempfile.TemporaryDirectory(prefix="pack-", dir=self._repository.root) as directory:
            pack = await in_thread(self._pack, directory, heads, without, limiter=self._limiter)
            return None if pack is None else await self._store.append(pack)

    async def keep_refs(self, refs: Sequence[KeptRef], without: Sequence[str]) -> tuple[KeptRef, ...]:
        """Keep the objects of references, so that they are in the bundle of a resumed run too."""
        return tuple(
            [
                ref if ref.kept_as is None
                else ref.model_copy(update={"kept": await self.keep(ref.object_id, without)})
                for ref in refs
            ]
        )  # fmt: skip

    def keep_files(self, checkout: Checkout | None, paths: Sequence[bytes]) -> KeptObjects | None:
        """Keep those files of the parent worktree that the checkout does not have; None when there are none. Blocks.
        Without a checkout, keep all of them.

        An archive with a secret is removed again: without the file that the record names, a resume repeats setup.
        Raises `ResultsUnwritable`.
        """
        parent = encode(self._repository.parent)
        missing = list(paths) if checkout is None else not_in_checkout(encode(checkout.path), parent, tuple(paths))
        if not missing:
            return None
        try:
            target = self._store.carried_path
            write_archive(target, parent, missing, self._repository.parent_user)
            if self._masker is not None and self._masker.count_in_content(pieces_of(target)):
                target.unlink()
                return KeptObjects(file=self._store.name_of(target), offset=0, size=0)
            return self._store.sync_file(target)
        except OSError as error:
            raise unwritable("state", error) from error

    def _pack(self, directory: str, heads: Sequence[str], without: Sequence[str]) -> Path | None:
        wanted = "".join(f"{line}\n" for line in (*heads, *(f"^{commit}" for commit in without)))
        # Packs are joined later, and an object may occur twice then; an offset delta names its base by position.
        # Bitmaps would leave out objects that only the checkout's history has, and that history may be shallow
        # elsewhere.
        options = ("-c", "pack.useBitmaps=false", "pack-objects", "--revs", "--quiet", "--delta-base-offset")
        self._repository.own.run(*options, f"{directory}/kept", stdin=wanted.encode())
        return next(Path(directory).glob("*.pack"), None)
