"""`error_policy`, and its keys at the top level."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodigy_action.inputs.documents.located import BROKEN, Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, read_fields
from prodigy_action.inputs.normalize.retry import retry
from prodigy_action.inputs.normalize.values import boolean, duration, filled_text, integer, number, one_of

_PERCENT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*")


def _percent(node: Node) -> float | None:
    match = _PERCENT.fullmatch(node.text) if isinstance(node, ScalarNode) else None
    return float(match.group(1)) if match else None


def _on_item_failure(node: Node, reading: NormalizationContext) -> Located:
    """A word, or the name of a handler in one of three forms: a map with both fields."""
    name: Located | None = None
    if node.tag == "custom":
        name = filled_text(node, reading)
    elif isinstance(node, MappingNode) and list(node.names) == ["custom"]:
        name = filled_text(node.entries[0][1], reading)
    elif isinstance(node, ScalarNode) and node.text.startswith("custom:"):
        word = node.text.removeprefix("custom:").strip()
        name = Located(word, node) if word else reading.broken(node, "`custom:` names no handler", code="missing")
    if name is not None:
        return Located({"on_item_failure": Located("custom", node), "custom_handler": name}, node)
    return one_of("dlq", "retry", "skip", "stop", "custom")(node, reading)


def _max_failures(node: Node, reading: NormalizationContext) -> Located:
    percent = _percent(node)
    if percent is not None:
        return Located({"max_failures_percent": Located(percent, node)}, node)
    if isinstance(node, ScalarNode) and re.fullmatch(r"[-+]?[0-9_]+", node.text):
        return integer(node, reading)
    return reading.wrong_type(node, "a whole number or a percentage", "write `3` or `3%`")


def _failure_threshold(node: Node, reading: NormalizationContext) -> Located:
    percent = _percent(node)
    found = number(node, reading) if percent is None else Located(percent / 100, node)
    if isinstance(found.value, float) and not 0 <= found.value <= 1 and isinstance(node, ScalarNode):
        share = found.value / 100
        hint = f"write {share:g} or `{found.value:g}%`" if 1 < found.value <= 100 else "write 0.1 or `10%`"
        message = f"must be a share from 0 to 1, found {node.text}"
        return reading.value_error(node, message, hint, "out-of-range")
    return found


def _error_collection(node: Node, reading: NormalizationContext) -> Located:
    size: Node | None = None
    if node.tag == "batched":
        size = node
    elif isinstance(node, MappingNode) and list(node.names) == ["batched"]:
        size = node.entries[0][1]
    elif isinstance(node, ScalarNode) and node.text.lower().startswith("batched:"):
        text = node.text.split(":", 1)[1].strip()
        size = ScalarNode(text, True, node.start, node.end)
    if size is None:
        return one_of("aggregate", "immediate", "batched")(node, reading)
    if isinstance(size, MappingNode):
        inner = read_fields(size, {"size": FieldSpec(integer)}, reading, where="`batched`").get("size")
    else:
        inner = integer(size, reading)
    fields: Fields = {"error_collection": Located("batched", node)}
    if inner is not None:
        fields["batch_size"] = inner
    return Located(fields, node)


def _circuit_breaker(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map")
    table = {
        "failure_threshold": FieldSpec(integer),
        "success_threshold": FieldSpec(integer),
        "timeout": FieldSpec(duration),
        "half_open_requests": FieldSpec(integer),
    }
    return Located(read_fields(node, table, reading, where="`circuit_breaker`"), node)


CONVENIENCES = {
    "on_item_failure": FieldSpec(_on_item_failure),
    "continue_on_failure": FieldSpec(boolean),
    "max_failures": FieldSpec(_max_failures),
    "failure_threshold": FieldSpec(_failure_threshold),
    "error_collection": FieldSpec(_error_collection),
    "circuit_breaker": FieldSpec(_circuit_breaker),
    "retry_config": FieldSpec(retry),
}
"""Keys of `error_policy` that may also be keys of the top level."""

_POLICY: Mapping[str, FieldSpec] = {
    **CONVENIENCES,
    "batch_size": FieldSpec(integer),
    "stop": FieldSpec(one_of("now", "after-running")),
}


def error_policy(node: Node, reading: NormalizationContext) -> Located:
    """`error_policy: {…}`."""
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map")
    fields = read_fields(node, _POLICY, reading, where="`error_policy`")
    unfold(fields)
    return Located(fields, node)


def unfold(fields: Fields) -> None:
    """Replace a field that stands for several fields by those fields."""
    for key in ("on_item_failure", "max_failures", "error_collection"):
        found = fields.get(key)
        if found is not None and isinstance(found.value, dict):
            del fields[key]
            fields.update(found.value)


def merge_conveniences(
    policy: Located | None, outer: Fields, root: Node, reading: NormalizationContext
) -> Located | None:
    """The policy with what the top level adds; the policy itself wins, with a warning."""
    if policy is not None and policy.value is BROKEN:
        return policy
    unfold(outer)
    if policy is None or not isinstance(policy.value, dict):
        return Located(outer, root) if outer else None
    for key, value in outer.items():
        if key in policy.value and policy.value[key].value != value.value:
            reading.warn(
                value.node, f"`{key}` is overruled by `error_policy.{key}`", "keep one of the two", "conflicting-keys"
            )
        policy.value.setdefault(key, value)
    return policy
