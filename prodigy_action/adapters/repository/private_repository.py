"""The repository of a run: it borrows the checkout's objects, holds the parent worktree, and is removed at the end."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from prodigy_action.adapters.files.atomic import replace_own_file
from prodigy_action.adapters.files.placement import Placement
from prodigy_action.adapters.files.temporary_pool import temporary_pool
from prodigy_action.adapters.git.calls import GitCalls, decode, lines_said
from prodigy_action.adapters.git.checkout import calls_on, refused_checkout
from prodigy_action.adapters.git.commit_check import CommitCheck
from prodigy_action.adapters.git.config_text import config_text, private_settings
from prodigy_action.adapters.git.content_filters import check_out_filtered, filters_in_use, refuse_filters
from prodigy_action.adapters.git.conversions import conversions_of
from prodigy_action.adapters.git.fixed_commits import FixedCommits
from prodigy_action.adapters.git.merge_tree_process import MergeProcess
from prodigy_action.adapters.git.objects import GitObjects
from prodigy_action.adapters.processes.accounts import Accounts, give
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.processes.user_files import read_as, write_as
from prodigy_action.adapters.repository.disk_room import TreeListing, check_room, list_tree, tree_bytes
from prodigy_action.adapters.repository.parent_place import ParentPlace, link_worktree
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed
from prodigy_action.model.git import Checkout, Identity
from prodigy_action.pure.text.masking import Masker

_HEADS_OF_RUNS = b"refs/heads/prodigy"
_PARENT_AND_ONE = 2
"""A run needs the parent worktree and one more."""
_PLAIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""Run ids that can be part of the name of a branch; the names of others are checked by git."""
_PARTIAL = re.compile(r"remote\..*\.promisor|extensions\.partialclone", re.DOTALL)
"""Settings of a checkout that may lack objects."""


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """The parent worktree as git wrote it, before any command ran: its index, and what decided on contents."""

    index: bytes
    conversions: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateRepository:
    """The paths of the repository: `root` is the temporary directory, `git_dir` the repository, `parent` its worktree.

    With `accounts` the parent worktree has a repository of its own, `parent_git_dir`, which belongs to the user of that
    worktree and borrows the run's objects: no command can then change the configuration that the program's own git
    reads.
    """

    root: str
    git_dir: str
    parent_git_dir: str
    parent: str
    branch: str
    run_id: str
    base: str
    """The commit that the run starts from."""
    identity: Identity
    own: GitCalls
    """Calls that use only the program's own configuration."""
    git: GitCalls
    """Calls on the parent worktree, with the configuration that its commands see."""
    place: ParentPlace
    """Whether the parent worktree is at its path."""
    in_parent: GitCalls
    """Calls that run inside the parent worktree, for git commands that read attributes there."""
    objects: GitObjects
    merges: MergeProcess
    check: CommitCheck
    """What all commits of steps pass."""
    fixed: FixedCommits
    """Makes commits with the fixed names and dates of the run."""
    deterministic: bool
    """Whether commits that steps make get these names and dates."""
    borrowed_refs: bytes
    """The text of the packed refs with which the repository began: the branches and tags of the checkout."""
    listing: TreeListing
    """The files of the checkout's commit."""
    worktree_bytes: int
    """About how many bytes a checkout of the commit that the run starts from takes on disk."""
    ending: ExitStack
    """What ends before the files are removed."""
    accounts: Accounts | None = None
    checked_out: CheckedOut | None = None
    """None until it is."""

    @property
    def parent_user(self) -> Credentials | None:
        """The owner of the parent worktree, when it is not the user of this process."""
        return None if self.accounts is None else self.accounts.parent

    def read_from_parent(self, name: str) -> bytes:
        """A file of the parent worktree's git directory, empty when there is none."""
        return read_as(self.parent_user, f"{self.parent_git_dir}/{name}")

    def write_to_parent(self, name: str, content: bytes) -> None:
        """Replace a file of the parent worktree's git directory."""
        write_as(self.parent_user, f"{self.parent_git_dir}/{name}", content)

    @property
    def object_directory(self) -> str:
        """The directory for new objects of the run."""
        return f"{self.git_dir}/objects"

    def on_worktree(self, path: str) -> GitCalls:
        """Calls on another working tree, with this repository's objects and configuration."""
        return GitCalls(cwd=self.git_dir, git_dir=self.git_dir, work_tree=path)

    def write_ref(self, name: str, commit: str) -> None:
        """Set a ref of the program, atomically."""
        path = f"{self.git_dir}/{name}"
        replace_own_file(path, f"{commit}\n".encode(), temporary=f"{path}.{threading.get_ident()}.lock")


@contextmanager
def private_repository(
    checkout: Checkout,
    run_id: str,
    identity: Identity,
    directory: str | None = None,
    accounts: Accounts | None = None,
    *,
    base: str | None = None,
    deterministic: bool = False,
    secrets: Masker | None = None,
    keep: bool = False,
) -> Iterator[PrivateRepository]:
    """The private repository of a run, its parent worktree checked out at `base`, or the checkout's HEAD. Blocks.

    Commits of steps that hold one of the `secrets` are refused. With `keep`, it stays on the disk.

    Raises `InvalidInput` when the checkout's objects are incomplete or the disk has no room, `GitFailed` when the tree
    cannot be checked out.
    """
    base = base or checkout.head
    with temporary_pool(directory, keep=keep) as root:
        # The name also helps file systems that place directories by their names.
        git_dir, parent = f"{root}/repository", f"{root}/parent-{Path(root).name.rpartition('-')[2]}"
        parent_git_dir = git_dir if accounts is None else f"{root}/parent-repository"
        theirs = calls_on(checkout)
        settings = [(key, value or "") for _, key, value in checkout.settings]
        filters = filters_in_use(theirs, settings)
        if accounts is not None:
            refuse_filters(checkout, filters)
        private = private_settings(checkout, theirs, identity, settings, programs=accounts is None)
        borrowed = _initialize(checkout, git_dir, config_text(private), base, settings)
        own = GitCalls(cwd=git_dir, git_dir=git_dir, work_tree=parent)
        git = GitCalls(
            cwd=git_dir, git_dir=parent_git_dir, work_tree=parent, user=None if accounts is None else accounts.parent
        )
        branch = f"prodigy/{run_id}"
        if not _PLAIN.fullmatch(run_id) and own.attempt("check-ref-format", f"refs/heads/{branch}").status != 0:
            raise GitFailed(f"run id {run_id!r} cannot be part of a branch name")
        Path(git_dir, "HEAD").write_text(f"ref: refs/heads/{branch}\n")
        listing = list_tree(own, checkout.head)
        worktree_bytes = tree_bytes(listing.rows)
        check_room(root, worktree_bytes, _PARENT_AND_ONE, at_least=_PARENT_AND_ONE)
        objects = GitObjects(own, f"{git_dir}/objects")
        in_parent = GitCalls(cwd=parent, git_dir=git_dir, work_tree=parent)
        place = ParentPlace(git, parent, parent_git_dir)
        merges = MergeProcess(in_parent, place.make_again)
        check = CommitCheck(own, objects, root, (checkout.head, *_heads(borrowed)), secrets)
        repository = PrivateRepository(
            root=root, git_dir=git_dir, parent_git_dir=parent_git_dir, parent=parent, branch=branch, run_id=run_id,
            base=base, identity=identity, own=own, git=git, place=place, in_parent=in_parent, objects=objects,
            merges=merges, check=check, ending=ExitStack(), worktree_bytes=worktree_bytes, borrowed_refs=borrowed,
            listing=listing, accounts=accounts, deterministic=deterministic,
            fixed=FixedCommits(objects, base, identity),
        )  # fmt: skip
        try:
            repository.write_ref(f"refs/heads/{branch}", base)
            Placement(root).make(Path(parent).name)
            link_worktree(parent, parent_git_dir)
            if accounts is not None:
                _part_from_parent(repository, accounts, checkout, base)
            check_out_filtered(git, checkout, base, filters)
            checked_out = CheckedOut(Path(parent_git_dir, "index").read_bytes(), conversions_of(git_dir))
            yield replace(repository, checked_out=checked_out)
        finally:
            repository.ending.close()
            merges.close()
            objects.close()


def _part_from_parent(repository: PrivateRepository, accounts: Accounts, checkout: Checkout, base: str) -> None:
    """Give the parent worktree a repository of its own; of the run's repository, users can read only the objects."""
    git_dir, parent_git_dir = Path(repository.git_dir), Path(repository.parent_git_dir)
    objects = Path(repository.object_directory)
    shutil.copytree(git_dir, parent_git_dir, ignore=shutil.ignore_patterns("objects"))
    for directory in ("objects/info", "objects/pack"):
        (parent_git_dir / directory).mkdir(parents=True)
    (parent_git_dir / "objects/info/alternates").write_bytes(os.fsencode(f"{objects}\n"))
    for closed in (*git_dir.iterdir(), parent_git_dir):
        if closed != objects:
            closed.chmod(0o700 if closed.is_dir() else 0o600)
    for passable in (git_dir, Path(repository.root)):
        passable.chmod(0o711)
    give(repository.parent_git_dir, accounts.parent)
    give(repository.parent, accounts.parent)
    if repository.git.attempt("cat-file", "-e", f"{base}^{{tree}}").status != 0:
        raise GitFailed(
            f"the objects of the checkout {checkout.path!r} can be read by its owner alone: let others read them, "
            "or use run-as: root"
        )


def lay_out(git_dir: str, *, config: bytes, packed_refs: bytes, shallow: bytes, excludes: bytes, lenders: str) -> None:
    """Create an empty repository in this process, as `git init` would; the caller makes HEAD and index."""
    root = Path(git_dir)
    for directory in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (root / directory).mkdir(parents=True)
    (root / "objects/info/alternates").write_bytes(os.fsencode(lenders) + b"\n")
    (root / "config").write_bytes(config)
    (root / "packed-refs").write_bytes(packed_refs)
    (root / "info/exclude").write_bytes(excludes)
    if shallow:
        (root / "shallow").write_bytes(shallow)


def _initialize(checkout: Checkout, git_dir: str, config: str, base: str, settings: Sequence[tuple[str, str]]) -> bytes:
    """Lay the run's repository out; the text of the packed refs: the checkout's branches and tags."""
    theirs = calls_on(checkout)
    _complete(checkout, theirs, base, [setting for setting in settings if _PARTIAL.fullmatch(setting[0])])
    objects = f"{checkout.common_dir}/objects"
    if "\n" in objects or objects.startswith('"'):
        message = f"keeps objects in {objects!r}, which cannot be borrowed: git has no way to name such a path"
        raise refused_checkout(checkout.path, message, "move the checkout to a path without line ends")
    shallow, attributes = Path(checkout.common_dir, "shallow"), Path(checkout.common_dir, "info/attributes")
    excludes = Path(checkout.common_dir, "info/exclude")
    refs = _borrowed_refs(theirs)
    lay_out(
        git_dir,
        config=config.encode("utf-8", "surrogateescape"),
        packed_refs=refs,
        shallow=shallow.read_bytes() if shallow.exists() else b"",
        excludes=excludes.read_bytes() if excludes.exists() else b"",
        lenders=objects,
    )
    if attributes.exists():
        shutil.copyfile(attributes, f"{git_dir}/info/attributes")
    return refs


def _heads(packed_refs: bytes) -> list[str]:
    return [decode(line.split(b" ", 1)[0]) for line in packed_refs.split(b"\n")[1:-1]]


def _borrowed_refs(theirs: GitCalls) -> bytes:
    listed = theirs.run("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes", "refs/tags")
    lines = [line for line in listed.split(b"\n")[:-1] if not _of_a_run(line.split(b" ", 1)[1])]
    return b"".join(line + b"\n" for line in (b"# pack-refs with: sorted ", *lines))


def _of_a_run(ref: bytes) -> bool:
    return ref == _HEADS_OF_RUNS or ref.startswith(_HEADS_OF_RUNS + b"/")


def _complete(checkout: Checkout, theirs: GitCalls, base: str, partial: Sequence[tuple[str, str]]) -> None:
    """Fetch what is missing of `base`, when settings say that the checkout is a partial clone."""
    if not partial:
        return
    listing = ("rev-list", "--objects", "--no-walk", "--missing=print", "--no-object-names", base)
    missing = [line[1:] for line in theirs.run(*listing).split(b"\n") if line.startswith(b"?")]
    if not missing:
        return
    key, value = partial[0]
    name = key.split(".", 1)[1].removesuffix(".promisor") if key.startswith("remote.") else value
    fetching = ("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--no-tags", "--no-write-fetch-head", "--stdin")
    ended = theirs.attempt(*fetching, "--recurse-submodules=no", "--filter=blob:none", name, stdin=b"\n".join(missing))
    if ended.status != 0 or b"?" in theirs.run(*listing):
        said = lines_said(ended.stderr.strip())
        message = f"is a partial clone that lacks {len(missing)} objects of {base[:12]}"
        message += f", and they cannot be fetched: {said[-1]}" if said else ", and they cannot be fetched"
        raise refused_checkout(checkout.path, message, "fetch them first, or check out without a filter")
