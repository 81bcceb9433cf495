"""The annotations on the page of a run: one for each kind of failure, no more than the runner keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, Position
from prodigy_action.model.results import RunResult
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.visible_text import visible
from prodigy_action.report.failure_groups import ItemGroup, group_items
from prodigy_action.report.headline import PHASE_TITLES, STATE_WORDS, failed_phases, headline
from prodigy_action.report.item_text import counted, counterpart_names, id_ranges, label_of, name_of, reason_of
from prodigy_action.report.uncommitted import uncommitted_ids, uncommitted_notice

Level = Literal["error", "warning", "notice"]

ANNOTATIONS_MOST = 9
"""The runner keeps 10 annotations of each level per step; the last one says how many more there are."""
TITLE_LENGTH = 200
LINE_LENGTH = 500
MESSAGE_LENGTH = 3000
"""The runner cuts a message at 4,096 characters."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation; `file` and `position` when it belongs to a place in the repository."""

    level: Level
    title: str
    message: str
    file: str | None = None
    position: Position | None = None

    def properties(self) -> dict[str, str]:
        """The properties of the command, as the runner names them."""
        found = {"title": self.title}
        if self.file is not None:
            found["file"] = self.file
        if self.file is not None and self.position is not None:
            found |= {"line": str(self.position.line), "col": str(self.position.column)}
            if self.position.end_column is not None:
                found |= {"endLine": str(self.position.line), "endColumn": str(self.position.end_column)}
        return found


def annotations_of(result: RunResult, warnings: Sequence[Diagnostic] = ()) -> list[Annotation]:
    """The failed phases, then the failed items grouped by problem; warnings when the run succeeds although items
    failed.

    A warning of uncommitted changes and the `warnings` of the workflow file, each at its place in the file, follow.

    A run that failed without a failed phase or item (items that did not run, a bug) gets one annotation that says so.
    """
    level: Level = "warning" if result.exit_code == 0 else "error"
    found = [
        _annotation(level, f"{PHASE_TITLES[name]} failed", [phase.error.message if phase.error else ""])
        for name, phase in failed_phases(result)
    ]
    names = counterpart_names(result.items)
    found += [_group_annotation(level, group, names) for group in group_items(result.items)]
    if not found and result.exit_code != 0:
        found = [_annotation(level, headline(result), [result.message or ""])]
    notice = uncommitted_notice(uncommitted_ids(result.items))
    noted = [_annotation("warning", "uncommitted changes did not land", [notice])] if notice else []
    noted += [_diagnostic_annotation(each) for each in warnings]
    if level == "warning":
        return _bounded([*found, *noted], level)
    return [*_bounded(found, level), *_bounded(noted, "warning")]


def _group_annotation(level: Level, group: ItemGroup, names: Mapping[int, str]) -> Annotation:
    first = group.items[0]
    word = STATE_WORDS[group.state]
    if len(group.items) == 1:
        label = label_of(first.item)
        name = name_of(first)
        lines = [reason_of(first, names), group.example, "" if label == name else label]
        return _annotation(level, f"{name} {word}", lines)
    which = f"items {id_ranges(item.id for item in group.items)}"
    return _annotation(level, f"{counted(len(group.items), 'item')} {word}", [group.problem, group.example, which])


def diagnostic_annotations(diagnostics: Sequence[Diagnostic]) -> list[Annotation]:
    """One annotation per problem of inputs and workflow, at its place; as many of each level as the runner keeps."""
    errors = [_diagnostic_annotation(each) for each in diagnostics if each.severity == "error"]
    warnings = [_diagnostic_annotation(each) for each in diagnostics if each.severity == "warning"]
    return [*_bounded(errors, "error"), *_bounded(warnings, "warning")]


def _diagnostic_annotation(diagnostic: Diagnostic) -> Annotation:
    title = "invalid workflow" if diagnostic.position is not None else "invalid input"
    if diagnostic.severity == "warning":
        title = "workflow" if diagnostic.position is not None else "input"
    if diagnostic.position is None:
        lines = [f"{diagnostic.source}: {diagnostic.message}", diagnostic.hint or ""]
        return _annotation(diagnostic.severity, title, lines)
    lines = [diagnostic.message, diagnostic.hint or ""]
    return _annotation(diagnostic.severity, title, lines, file=diagnostic.source, position=diagnostic.position)


def _bounded(annotations: list[Annotation], level: Level) -> list[Annotation]:
    left = len(annotations) - ANNOTATIONS_MOST
    if left <= 0:
        return annotations
    more = _annotation(
        level, f"and {left:,} more", [f"{counted(left, 'further problem')}: see the summary and the log"]
    )
    return [*annotations[:ANNOTATIONS_MOST], more]


def _annotation(
    level: Level, title: str, lines: Iterable[str], *, file: str | None = None, position: Position | None = None
) -> Annotation:
    shown = [visible(cut(line, LINE_LENGTH)) for line in lines if line.strip()]
    message = cut("\n".join(shown) or visible(title), MESSAGE_LENGTH)
    return Annotation(level, visible(cut(title, TITLE_LENGTH)), message, file, position)
