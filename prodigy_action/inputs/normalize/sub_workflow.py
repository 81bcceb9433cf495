"""`workflow`: the steps of a sub-workflow, which composing has put in the place of its name."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, read_fields
from prodigy_action.inputs.normalize.values import any_value, filled_text, text_list, text_map


def _steps(node: Node, reading: NormalizationContext) -> Located:
    return reading.steps(node, reading)


def _values(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map of names and values")
    return Located({key.text: any_value(value, reading) for key, value in node.entries}, node)


_SUB_WORKFLOW = {
    "name": FieldSpec(filled_text),
    "steps": FieldSpec(_steps),
    "values": FieldSpec(_values),
    "outputs": FieldSpec(text_list),
    "env": FieldSpec(text_map),
}


def sub_workflow(node: Node, reading: NormalizationContext) -> Located:
    """A sub-workflow with its steps."""
    if isinstance(node, ScalarNode):
        hint = "define it under `workflows:`, or import its file with `alias`"
        return reading.broken(node, f"there is no sub-workflow `{node.text}`", hint, "unknown-name")
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "the name of a sub-workflow")
    fields = read_fields(node, _SUB_WORKFLOW, reading, where="a sub-workflow")
    for key in ("name", "steps"):
        if key not in fields:
            return reading.broken(node, f"`workflow.{key}` is missing", "write `workflow: NAME`", "missing")
    return Located(fields, node)
