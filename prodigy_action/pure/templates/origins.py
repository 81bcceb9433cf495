"""Who decides a value: the workflow and the product, or an item, a capture, a parameter ("foreign" values)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from prodigy_action.pure.templates.placeholders import Placeholder, mentioned_roots, parse_template

_OURS = frozenset({"agent", "worker", "item_id", "item_index", "item_total", "env"})
_REPORTED = frozenset({"shell", "claude", "last", "step", "workflow", "map", "merge", "validation", "error"})
"""Roots in which the product reports something; of that, these names are numbers or texts of its own."""
_PLAIN_NAMES = (
    frozenset({"exit_code", "success", "duration", "commit_count", "file_count", "insertions", "deletions", "step"})
    | frozenset({"successful", "failed", "total", "success_count", "failure_count", "success_rate", "missing_count"})
    | frozenset({"average_duration_secs", "total_duration_secs", "completion", "completion_percentage", "status"})
    | frozenset({"source_branch", "target_branch", "worktree", "session_id", "attempt_number"})
)


def is_foreign(placeholder: Placeholder, trusted: Collection[str]) -> bool:
    """Whether an item, a capture or a parameter decides the value; `trusted` are the workflow's own variables."""
    if "$" in (placeholder.default or ""):
        return True
    root = placeholder.root
    if root in _OURS or root in trusted:
        return False
    return not (root in _REPORTED and len(placeholder.path) == 2 and placeholder.path[1] in _PLAIN_NAMES)


def is_foreign_text(text: str, roots: Collection[str], trusted: Collection[str]) -> bool:
    """Whether a text that no shell reads has a foreign value: as a placeholder, or as a bare `$NAME` of `roots`."""
    if "$" not in text:
        return False
    if any(is_foreign(placeholder, trusted) for placeholder in parse_template(text, roots).placeholders):
        return True
    braced = {placeholder.root for placeholder in parse_template(text, roots).placeholders}
    return not (mentioned_roots(text) & frozenset(roots)) - braced - _OURS <= frozenset(trusted)


def foreign_variables(env: Mapping[str, str], roots: Collection[str], trusted: Collection[str]) -> frozenset[str]:
    """The variables of a step's `env`, in their order, whose values are foreign; each sees the ones before it."""
    found: set[str] = set()
    for name, text in env.items():
        known, own = frozenset({*roots, *found}), frozenset(trusted) - found
        if is_foreign_text(text, known, own):
            found.add(name)
    return frozenset(found)
