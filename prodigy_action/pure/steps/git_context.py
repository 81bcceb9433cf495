"""`${step.*}`, `${workflow.*}` and `${merge.*}`: the changes in a worktree, as variables."""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_action.model.git import CommitDetails, GitChanges, Identity, Worktree
from prodigy_action.model.json_value import JsonValue


def git_context(changes: GitChanges) -> dict[str, JsonValue]:
    """The fields of the git context; formats such as `:json` are applied where the variable is rendered."""
    return {
        "files_added": list(changes.files_added),
        "files_modified": list(changes.files_modified),
        "files_deleted": list(changes.files_deleted),
        "files_changed": list(changes.files_changed),
        "commits": list(changes.commits),
        "commit_count": len(changes.commits),
        "insertions": changes.insertions,
        "deletions": changes.deletions,
    }


def merge_variables(
    changes: GitChanges, commits: Sequence[CommitDetails], *, run_id: str, target_branch: str | None, worktree: Worktree
) -> dict[str, JsonValue]:
    """The variable `merge` for the merge steps; `changes` and `commits` (oldest first) are those of the whole run.

    `source_branch` is the branch that the result will have; `target_branch` is empty when the checkout's HEAD is
    detached. Commits and files are objects; `commit_ids` and `file_list` are lists of their names.
    """
    kinds = {
        "Added": frozenset(changes.files_added),
        "Modified": frozenset(changes.files_modified),
        "Deleted": frozenset(changes.files_deleted),
    }
    files: list[JsonValue] = [
        {"path": path, "modification_type": next(kind for kind, paths in kinds.items() if path in paths)}
        for path in changes.files_changed
    ]
    merge: dict[str, JsonValue] = {
        "source_branch": f"prodigy/{run_id}",
        "target_branch": target_branch or "",
        "worktree": worktree.name,
        "session_id": run_id,
        "commits": [_commit_object(commit) for commit in commits],
        "commit_count": len(commits),
        "commit_ids": [commit.short_id for commit in commits],
        "modified_files": files,
        "file_count": len(files),
        "file_list": list(changes.files_changed),
    }
    return {"merge": merge}


def _commit_object(commit: CommitDetails) -> JsonValue:
    return {
        "id": commit.id,
        "short_id": commit.short_id,
        "author": _person(commit.author, commit.authored_at),
        "committer": _person(commit.committer, commit.committed_at),
        "message": commit.message,
        "timestamp": commit.committed_at,
        "parent_ids": list(commit.parent_ids),
        "tree_id": commit.tree_id,
    }


def _person(identity: Identity, at: str) -> JsonValue:
    return {"name": identity.name, "email": identity.email, "timestamp": at}
