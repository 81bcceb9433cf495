"""Filters, sort orders, paths, conditions, patterns and placeholders, checked before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, ExpressionError
from prodigy_action.inputs.checks.literal_fields import (
    literal_fields_of_map,
    literal_fields_of_phase,
    literal_fields_of_retry,
    literal_fields_of_step,
)
from prodigy_action.inputs.checks.located_steps import LocatedStep, named_values, result_shapes, workflow_steps
from prodigy_action.inputs.checks.possible_flows import possible_flows
from prodigy_action.inputs.checks.shell_syntax import check_syntax, cut_prompts
from prodigy_action.inputs.checks.shell_values import check_quoting
from prodigy_action.inputs.checks.step_texts import step_texts
from prodigy_action.inputs.checks.unknown_names import find_misspelt_results, find_unknown_roots
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.inputs.documents.located_tree import SequenceNode
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT
from prodigy_action.pure.text.cutting import cut

if TYPE_CHECKING:
    from prodigy_action.model.workflow import MapPhase, Phase, Retry, Workflow
    from prodigy_action.pure.shell.syntax.tree import ParsedShells
    from prodigy_action.pure.templates.interpolation import Shape

_EXPRESSION_LIMIT = 100_000
"""The most characters of a filter, sort order, path, condition or pattern."""
_MESSAGE_LENGTH = 300
_CHECKED_LENGTH = 20_000
"""Text after these characters is checked only when its step runs."""


@dataclass(slots=True)
class ExpressionChecks:
    """The errors in expressions, with places inside them."""

    positions: SourceMap
    problems: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    unparsed: set[Path] = field(default_factory=set)
    """Values in which a problem is known already."""

    def note(self, path: Path, error: ExpressionError, shift: int = 0) -> None:
        """Add an error at its characters in the value at `path`; `shift`: how far it was moved before parsing."""
        found = self.located(path, error, shift)
        if found not in self.problems and len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(found)

    def note_all(self, found: Iterable[tuple[Path, ExpressionError]]) -> None:
        """Add errors, each in the value at its path; a value with one is not parsed any more."""
        for path, error in found:
            self.note(path, error)
            self.unparsed.add(path)

    def located(self, path: Path, error: ExpressionError, shift: int) -> Diagnostic:
        start, end = max(0, error.start - shift), max(1, error.end - shift)
        message = cut(error.message, _MESSAGE_LENGTH)
        node = self.positions.node(path)
        if isinstance(node, SequenceNode):
            # the elements were joined with ", "
            for item in node.items:
                length = len(getattr(item, "text", ""))
                if start <= length:
                    parts = SourceMap(self.positions.source, item)
                    return parts.diagnostic((), message, hint=error.hint, code="expression", span=(start, end))
                start, end = start - length - 2, end - length - 2
        return self.positions.diagnostic(path, message, hint=error.hint, code="expression", span=(start, end))

    def parse(self, path: Path, text: str | None, parser: Callable[[str], object], shift: int = 0) -> None:
        """Try a parser on the text at `path`."""
        if text is None or path in self.unparsed or len(self.problems) >= PROBLEM_LIMIT:
            return
        if len(text) > _EXPRESSION_LIMIT:
            message = f"an expression of {len(text):,} characters; at most {_EXPRESSION_LIMIT:,} are read"
            self.note(path, ExpressionError(message, end=len(text)))
            return
        try:
            parser(text)
        except ExpressionError as error:
            self.note(path, error, shift)

    def placeholders(self, path: Path, text: str | None, shapes: Mapping[str, Shape], own: frozenset[str]) -> None:
        """Check the placeholders of a text: unknown names below known roots are errors, texts that look like
        placeholders warnings.

        `own` are further names that the workflow defines.
        """
        if text is None or "${" not in text or len(self.problems) >= PROBLEM_LIMIT:
            return
        from prodigy_action.pure.templates.interpolation import UndefinedVariable, check_text

        for error in check_text(text[:_CHECKED_LENGTH], shapes)[:PROBLEM_LIMIT]:
            if error.end >= _CHECKED_LENGTH:
                return
            if isinstance(error, UndefinedVariable):
                self.note(path, error)
            else:
                self.warn(path, error)
        known = {*(root.removesuffix(".") for root in shapes), *own}
        shell = path[-1] in {"shell", "command"}
        for error in find_unknown_roots(text[:_CHECKED_LENGTH], known, shell=shell):
            self.warn(path, error)
        if "validation" in shapes:
            for error in find_misspelt_results(text[:_CHECKED_LENGTH]):
                self.warn(path, error)

    def warn(self, path: Path, error: ExpressionError) -> None:
        """Add a warning at its characters in the value at `path`."""
        if len(self.warnings) < PROBLEM_LIMIT:
            self.warnings.append(replace(self.located(path, error, 0), severity="warning"))


def check_expressions(workflow: Workflow, positions: SourceMap, parsed: ParsedShells) -> ExpressionChecks:
    """Parse every expression of a workflow; parsers are imported for the kinds that occur.

    `parsed` has the trees of its shell texts (`texts_to_parse`).
    """
    checks = ExpressionChecks(positions)
    own = named_values(workflow)
    if workflow.map is not None:
        checks.note_all(literal_fields_of_map(workflow.map, own | workflow.variables))
        _check_map(workflow.map, checks)
    for name, value in workflow.env.items():
        _condition(("env", name, "condition"), value.condition, checks)
    for phase in ("setup", "reduce", "merge"):
        checks.note_all(literal_fields_of_phase(phase, getattr(workflow, phase)))
        _check_captures(phase, getattr(workflow, phase), checks)
    checks.note_all(literal_fields_of_retry(("retry_defaults",), workflow.retry_defaults))
    checks.note_all(literal_fields_of_retry(("error_policy", "retry_config"), workflow.error_policy.retry_config))
    _check_retry(("retry_defaults",), workflow.retry_defaults, checks)
    _check_retry(("error_policy", "retry_config"), workflow.error_policy.retry_config, checks)
    results = result_shapes(workflow)
    for placed in workflow_steps(workflow):
        shapes = {**{root: shape for root, shape in placed.shapes.items() if root not in own}, **results}
        _check_step(LocatedStep(placed.path, placed.step, shapes), own, checks)
    unreadable = dict(check_syntax(workflow, positions, parsed))
    checks.problems += [each for each in unreadable.values() if each.severity == "error"]
    checks.warnings += [each for each in unreadable.values() if each.severity == "warning"]
    checks.warnings += cut_prompts(workflow, positions)

    def parse(path: Path, text: str, parser: Callable[[str], object]) -> None:
        if path not in unreadable:
            checks.parse(path, text, parser)

    check_quoting(workflow, own, parsed, parse)
    checks.warnings += possible_flows(workflow, own, positions, parsed, unreadable)
    return checks


def _check_map(phase: MapPhase, checks: ExpressionChecks) -> None:
    if phase.filter is not None:
        from prodigy_action.pure.expressions.filters import Filter

        checks.parse(("map", "filter"), phase.filter, Filter.parse)
    if phase.sort_by is not None:
        from prodigy_action.pure.expressions.sorting import SortOrder

        checks.parse(("map", "sort_by"), phase.sort_by, SortOrder.parse)
    if phase.json_path is not None:
        from prodigy_action.pure.json_values.json_path import JsonPath

        checks.parse(("map", "json_path"), phase.json_path, JsonPath.of_workflow)
    if phase.distinct is not None or phase.key is not None:
        from prodigy_action.pure.json_values.field_path import FieldPath

        checks.parse(("map", "distinct"), phase.distinct, FieldPath.parse)
        checks.parse(("map", "key"), phase.key, FieldPath.parse)


def _condition(path: Path, text: str | None, checks: ExpressionChecks) -> None:
    if text is not None:
        from prodigy_action.pure.expressions.conditions import Condition

        checks.parse(path, text, Condition.parse)


def _regex(path: Path, pattern: str | None, checks: ExpressionChecks) -> None:
    if pattern is not None:
        from prodigy_action.pure.text.bounded_regex import compile_regex

        checks.parse(path, pattern, lambda text: compile_regex(text, end=len(text)))


def _check_captures(name: str, phase: Phase, checks: ExpressionChecks) -> None:
    for variable, capture in phase.capture_outputs.items():
        path = (name, "capture_outputs", variable)
        _regex((*path, "pattern"), capture.pattern, checks)
        if capture.json_path is not None:
            from prodigy_action.pure.json_values.json_path import JsonPath

            rooted = capture.json_path if capture.json_path.startswith("$") else f"$.{capture.json_path}"
            checks.parse((*path, "json_path"), rooted, JsonPath.parse, len(rooted) - len(capture.json_path))


def _check_retry(path: Path, retry: Retry | None, checks: ExpressionChecks) -> None:
    for index, matcher in enumerate(retry.retry_on if retry is not None else ()):
        _regex((*path, "retry_on", index, "pattern"), matcher.pattern, checks)


def _check_step(placed: LocatedStep, own: frozenset[str], checks: ExpressionChecks) -> None:
    path, step, shapes = placed.path, placed.step, placed.shapes
    checks.note_all(literal_fields_of_step(placed))
    _condition((*path, "when"), step.when, checks)
    _check_retry((*path, "retry"), step.retry, checks)
    for field_path, text in step_texts(step):
        checks.placeholders((*path, *field_path), text, shapes, own)
    if step.commit_config is not None:
        _regex((*path, "commit_config", "message_pattern"), step.commit_config.message_pattern, checks)
