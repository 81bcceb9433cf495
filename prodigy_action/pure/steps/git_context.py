"""`${step.*}`, `${workflow.*}` and `${merge.*}`: the changes in a worktree, as variables."""

from __future__ import annotations

from prodigy_action.model.git import GitChanges, Worktree
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
    changes: GitChanges, *, run_id: str, target_branch: str | None, worktree: Worktree
) -> dict[str, JsonValue]:
    """The variable `merge` for the merge steps; `changes` are those of the whole run.

    `source_branch` is the branch that the result will have; `target_branch` is empty when the checkout's HEAD is
    detached.
    """
    merge: dict[str, JsonValue] = {
        "source_branch": f"prodigy/{run_id}",
        "target_branch": target_branch or "",
        "worktree": worktree.name,
        "session_id": run_id,
        "commits": list(changes.commits),
        "commit_count": len(changes.commits),
        "modified_files": list(changes.files_changed),
        "file_count": len(changes.files_changed),
        "file_list": list(changes.files_changed),
    }
    return {"merge": merge}
