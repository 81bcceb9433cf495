"""The parent worktree between phases: changes of setup are committed, landed commits are checked out."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.adapters.git.heads import read_head
from prodigy_action.adapters.repository.history import keep_commits
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.errors import GitFailed


def parent_head(repository: PrivateRepository) -> str:
    """The commit that HEAD of the parent worktree names, checked, and kept with its history.

    Raises `GitFailed` for none, `MalformedCommit` when steps made commits that git would refuse.
    """
    head = read_head(repository.parent_git_dir)
    if head is None:
        head = repository.git.text("rev-parse", "--verify", "HEAD^{commit}")
    if repository.parent_git_dir != repository.git_dir:
        keep_commits(repository, repository.parent_git_dir, head)
    repository.check.check_head(repository.base, head)
    return head


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
    """Bring the parent worktree and its branch to `head`; landed files replace untracked files of setup."""
    if not Path(repository.parent, ".git").exists():
        raise GitFailed(f"the parent worktree {repository.parent!r} is gone")
    git = repository.git
    repository.check.accept(head)
    git.run("read-tree", "--reset", "-u", head)
    git.run("update-ref", "-m", "landed the items", "HEAD", head)
