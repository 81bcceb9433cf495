"""Branches, tags and stashes that steps made: checked, and given names under which nothing is overwritten.

`prodigy/RUN-ID` is a branch, so that git allows no branch below it; the branches made by steps are
`prodigy/RUN-ID-refs/NAME`, stashes `prodigy/RUN-ID-stash/N`, tags `prodigy/RUN-ID/NAME`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from prodigy_action.adapters.git.calls import GitCalls, decode
from prodigy_action.adapters.git.made_refs import BRANCHES, TAGS, made_refs
from prodigy_action.adapters.repository.bringing import bring_objects, said_by, set_free_ref
from prodigy_action.adapters.repository.history import keep_commits
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.errors import GitFailed
from prodigy_action.model.events import KeptRef, MadeRef

MOST_REFS = 100
"""References of one item, or of the steps of all phases, that are kept; an agent can fetch thousands of tags."""


def keep_refs(
    repository: PrivateRepository, git_dir: str, found: Mapping[str, str], base: str, item_id: int
) -> tuple[KeptRef, ...]:
    """Keep what the repository of an item has besides its commits, for the bundle. Blocks."""
    listed = enumerate(found.items())
    made = [
        _kept(repository, git_dir, name, value, base, _private(repository, str(item_id), name), n)
        for n, (name, value) in listed
    ]
    return tuple(KeptRef(**ref.model_dump()) for ref in made)


def refs_of_phases(repository: PrivateRepository) -> tuple[MadeRef, ...]:
    """Keep what steps of setup, reduce and merge made in the parent worktree's repository, for the bundle. Blocks."""
    found = made_refs(repository.parent_git_dir, repository.borrowed_refs)
    found.pop(f"{BRANCHES}{repository.branch}", None)
    return tuple(
        _kept(
            repository, repository.parent_git_dir, name, value, repository.base,
            _private(repository, "phases", name), number,
        )
        for number, (name, value) in enumerate(found.items())
    )  # fmt: skip


def publish_refs(
    repository: PrivateRepository, theirs: GitCalls, refs: Sequence[MadeRef], earlier: Container[str]
) -> tuple[tuple[MadeRef, ...], str | None]:
    """Bring those that are kept into the user's repository: where they are, and why one is not there although it is
    kept.

    `earlier` are objects that earlier attempts published: what is at one of them may be moved. Blocks.
    """
    try:
        bring_objects(repository, theirs, [ref.kept_as for ref in refs if ref.kept_as is not None])
    except (GitFailed, OSError) as error:
        why = said_by(error)
        return tuple(ref if ref.kept_as is None else _unpublished(ref, why) for ref in refs), why
    published = tuple(_published(repository, theirs, ref, earlier) for ref in refs)
    return published, next(
        (
            now.reason
            for ref, now in zip(refs, published, strict=True)
            if now.kept_as is None and ref.kept_as is not None
        ),
        None,
    )


def _published(repository: PrivateRepository, theirs: GitCalls, ref: MadeRef, earlier: Container[str]) -> MadeRef:
    if ref.kept_as is None:
        return ref
    try:
        name = set_free_ref(repository, theirs, _public(repository, ref.name), ref.object_id, earlier)
    except (GitFailed, OSError) as error:
        return _unpublished(ref, said_by(error))
    return ref.model_copy(update={"kept_as": name})


def _unpublished(ref: MadeRef, why: str) -> MadeRef:
    return ref.model_copy(update={"kept_as": None, "reason": why})


def _kept(
    repository: PrivateRepository, git_dir: str, name: str, value: str, base: str, kept_as: str, number: int
) -> MadeRef:
    if number >= MOST_REFS:
        return MadeRef(name=name, object_id=value, reason=f"only {MOST_REFS} references are kept")
    try:
        keep_commits(repository, git_dir, value)
        commit = decode(repository.own.run("rev-parse", "--verify", f"{value}^{{commit}}")).strip()
        repository.check.check_all(base, [commit])
        repository.check.check_tag(name, value)
        repository.write_ref(kept_as, value)
    except (GitFailed, OSError) as error:
        return MadeRef(name=name, object_id=value, reason=str(error))
    return MadeRef(name=name, object_id=value, kept_as=kept_as)


def _private(repository: PrivateRepository, owner: str, name: str) -> str:
    short = name.removeprefix("refs/").replace("stash@{", "stash-").rstrip("}")
    return f"refs/prodigy/{repository.run_id}/refs/{owner}/{short}"


def _public(repository: PrivateRepository, name: str) -> str:
    if name.startswith(TAGS):
        return f"{TAGS}{repository.branch}/{name.removeprefix(TAGS)}"
    if name.startswith(BRANCHES):
        return f"{BRANCHES}{repository.branch}-refs/{name.removeprefix(BRANCHES)}"
    number = name.partition("@{")[2].rstrip("}") or "0"
    return f"{BRANCHES}{repository.branch}-stash/{number}"
