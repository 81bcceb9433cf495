"""The parent worktree between phases: changes of setup are committed, landed commits are checked out."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from prodigy_action.adapters.git.absolute_links import links_that_lead_nowhere
from prodigy_action.adapters.git.calls import decode, lines_said
from prodigy_action.adapters.git.fetched_commits import fetched_heads
from prodigy_action.adapters.git.heads import read_head
from prodigy_action.adapters.git.trees import changes_between
from prodigy_action.adapters.processes.user_files import read_as
from prodigy_action.adapters.repository.history import keep_commits
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.errors import GitFailed


def parent_head(repository: PrivateRepository) -> str:
    """The commit that HEAD of the parent worktree names, checked, and kept with its history.

    With deterministic commits, those that steps made get their fixed names and dates here. Raises `GitFailed` for none,
    `MalformedCommit` when steps made commits that git would refuse.
    """
    head = read_head(repository.parent_git_dir)
    if head is None:
        head = repository.git.text("rev-parse", "--verify", "HEAD^{commit}")
    if repository.parent_git_dir != repository.git_dir:
        keep_commits(repository, repository.parent_git_dir, head)
    commits = repository.check.check_head(repository.base, head)
    if commits and repository.deterministic:
        head = _with_fixed_commits(repository, head, commits)
    repository.check.accept(head)
    return head


def check_parent(repository: PrivateRepository, since: str) -> tuple[str, ...]:
    """As `parent_head`; returns the symbolic links, new since a commit, that lead nowhere after the run."""
    objects, head = repository.objects, parent_head(repository)
    if head == since:
        return ()
    changes = changes_between(objects, objects.commit(since).tree, objects.commit(head).tree)
    return tuple(map(decode, links_that_lead_nowhere(objects, changes, repository.root)))


def _with_fixed_commits(repository: PrivateRepository, head: str, commits: tuple[str, ...]) -> str:
    """Make what steps committed a function of the input, and move HEAD and the branches and tags to it."""
    git_dir, user = repository.parent_git_dir, repository.parent_user
    own = repository.check.without_known(commits, fetched_heads(git_dir, partial(read_as, user)))
    made = repository.fixed.rewrite(own)
    changed = {old: new for old, new in made.items() if old != new}
    if not changed:
        return head
    git = repository.git
    listed = lines_said(git.text("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags"))
    moved = [(ref, old) for old, _, ref in (line.partition(" ") for line in listed) if old in changed]
    orders = "".join(f"update {ref} {changed[old]} {old}\n" for ref, old in moved)
    git.run("update-ref", "-m", "names and dates fixed", "--stdin", stdin=orders.encode("utf-8", "surrogateescape"))
    fixed = changed.get(head, head)
    if read_head(git_dir) != fixed:
        git.run("update-ref", "-m", "names and dates fixed", "HEAD", fixed)
    return fixed


def commit_tracked_changes(repository: PrivateRepository, message: str) -> str | None:
    """Commit the changes in tracked files of the parent worktree; None without changes.

    Then the branch of the run is checked out, wherever the steps of setup left HEAD.
    """
    git = repository.git
    head = parent_head(repository)
    branch = f"refs/heads/{repository.branch}"
    if git.attempt("symbolic-ref", "--quiet", "HEAD").stdout.strip() != branch.encode():
        git.run("update-ref", "--no-deref", branch, head)
        git.run("symbolic-ref", "HEAD", branch)
    git.run("add", "--update", ":/")
    if git.attempt("diff-index", "--cached", "--quiet", head).status == 0:
        return None
    git.run("commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", message)
    return parent_head(repository)


def adopt_commit(repository: PrivateRepository, commit: str) -> bool:
    """Make `commit` the parent worktree's HEAD if its files equal those of the present one; returns whether they do."""
    objects = repository.objects
    if objects.commit(parent_head(repository)).tree != objects.commit(commit).tree:
        return False
    repository.git.run("update-ref", "-m", "resumed", "HEAD", commit)
    return True


def check_out_merged(repository: PrivateRepository, head: str) -> None:
    """Bring the parent worktree and its branch to `head`; landed files replace untracked files of setup.

    Only the branch is moved while an agent has that worktree.
    """
    given = repository.place.is_given
    if not given and not Path(repository.parent, ".git").exists():
        raise GitFailed(f"the parent worktree {repository.parent!r} is gone")
    git = repository.git
    repository.check.accept(head)
    if not given:
        git.run("read-tree", "--reset", "-u", head)
    elif head == read_head(repository.parent_git_dir):
        return
    git.run("update-ref", "-m", "landed the items", "HEAD", head)
