"""`${step.*}` and `${workflow.*}`: what changed in a worktree, as variables."""

from __future__ import annotations

from prodigy_action.model.git import GitChanges
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
