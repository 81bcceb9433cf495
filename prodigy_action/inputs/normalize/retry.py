"""Retries and the growth of their delays."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import BROKEN, Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode, describe
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, read_fields, warn_unknown
from prodigy_action.inputs.normalize.failure import command_text
from prodigy_action.inputs.normalize.values import (
    boolean,
    duration,
    filled_text,
    folded_word,
    integer,
    list_of,
    listed,
    number,
    one_of,
)

_KINDS = ("fixed", "linear", "exponential", "fibonacci", "custom")
_MATCHERS = ("network", "timeout", "server_error", "rate_limit", "signal")
_INITIAL = FieldSpec(duration, "initial")
_BASE = FieldSpec(number, "base")
_BACKOFF = {
    "initial": _INITIAL,
    "delay": _INITIAL,
    "initial_delay": _INITIAL,
    "increment": FieldSpec(duration),
    "base": _BASE,
    "multiplier": _BASE,
    "factor": _BASE,
    "delays": FieldSpec(list_of(duration)),
}
_SHORT_FIELD = {"fixed": "initial", "linear": "increment", "exponential": "base", "fibonacci": "initial"}


def backoff(node: Node, reading: NormalizationContext) -> Located:
    """A word, a one-key map, `{type: …, …}`, or a tagged map."""
    if node.tag in _KINDS:
        return _backoff_of(node.tag, node, node, reading)
    if isinstance(node, ScalarNode):
        kind = one_of(*_KINDS)(node, reading)
        return kind if kind.value is BROKEN else Located({"kind": kind}, node)
    if isinstance(node, MappingNode):
        named = node.get("type") or node.get("strategy") or node.get("kind")
        if named is not None:
            kind = one_of(*_KINDS)(named, reading)
            keys = {"type", "strategy", "kind"}
            rest = MappingNode(tuple(e for e in node.entries if e[0].text not in keys), node.start, node.end)
            return kind if kind.value is BROKEN else _backoff_of(str(kind.value), named, rest, reading)
        if len(node.entries) == 1:
            key, value = node.entries[0]
            kind = one_of(*_KINDS)(key, reading)
            return kind if kind.value is BROKEN else _backoff_of(str(kind.value), key, value, reading)
    hint = "such as `exponential`, or `exponential: {base: 2.0}`"
    return reading.broken(node, f"expected one of {listed(_KINDS)}, found {describe(node)}", hint, "wrong-type")


def _backoff_of(kind: str, where: Node, node: Node, reading: NormalizationContext) -> Located:
    fields: Fields = {"kind": Located(kind, where)}
    if isinstance(node, MappingNode):
        fields.update(read_fields(node, _BACKOFF, reading, where="`backoff`"))
    elif isinstance(node, SequenceNode):
        fields["delays"] = list_of(duration)(node, reading)
    elif not node.is_null and kind in _SHORT_FIELD:
        fields[_SHORT_FIELD[kind]] = number(node, reading) if kind == "exponential" else duration(node, reading)
    elif kind == "custom":
        return reading.broken(node, "`custom` has no delays", "write `custom: {delays: [1s, 5s]}`", "missing")
    return Located(fields, node)


def _matcher(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, ScalarNode):
        kind = one_of(*_MATCHERS)(node, reading)
        return kind if kind.value is BROKEN else Located({"kind": kind}, node)
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        key, value = node.entries[0]
        word = folded_word(key.text)
        if word in {"pattern", "error"}:
            return Located({"kind": Located("pattern", key), "pattern": filled_text(value, reading)}, node)
        if word == "exitcode":
            return Located({"kind": Located("exit_code", key), "exit_code": integer(value, reading)}, node)
        warn_unknown(key, ("pattern", "exit_code"), reading, "`retry_on`")
    hint = "write `pattern: …` or `exit_code: …`"
    return reading.broken(node, f"expected one of {listed(_MATCHERS)}, found {describe(node)}", hint, "wrong-type")


def retry_on(node: Node, reading: NormalizationContext) -> Located:
    """One class of failures or a list; `all` is the default, any."""
    if isinstance(node, SequenceNode):
        return Located([_matcher(item, reading) for item in node.items], node)
    if isinstance(node, ScalarNode) and node.text in {"all", "any"}:
        return Located([], node)
    return Located([_matcher(node, reading)], node)


def _after_last(node: Node, reading: NormalizationContext) -> Located:
    """`stop`, `continue`, or `{fallback: {command}}`: the last is stored under `fallback`."""
    if isinstance(node, MappingNode):
        inner = node.get("fallback")
        if inner is None:
            return reading.wrong_type(node, "`stop`, `continue` or `fallback: {command: …}`")
        if isinstance(inner, ScalarNode):
            return Located({"fallback": command_text(inner, reading)}, node)
        command = inner.get("command") if isinstance(inner, MappingNode) else None
        if isinstance(command, ScalarNode):
            return Located({"fallback": command_text(command, reading)}, node)
        steps = reading.steps(inner, reading).items()
        return Located({"fallback": steps[0] if steps else Located(BROKEN, inner)}, node)
    return one_of("stop", "continue")(node, reading)


_RETRY = {
    "attempts": FieldSpec(integer),
    "max_attempts": FieldSpec(integer, "attempts"),
    "backoff": FieldSpec(backoff),
    "initial_delay": FieldSpec(duration),
    "max_delay": FieldSpec(duration),
    "jitter": FieldSpec(boolean),
    "jitter_factor": FieldSpec(number),
    "retry_on": FieldSpec(retry_on),
    "retry_budget": FieldSpec(duration),
    "on_failure": FieldSpec(_after_last),
}


def retry(node: Node, reading: NormalizationContext) -> Located:
    """`retry`, `retry_config` and `retry_defaults`: a number of executions, `true`, or a map."""
    if isinstance(node, ScalarNode):
        if node.text == "true":
            return Located({}, node)
        return Located({"attempts": integer(node, reading)}, node)
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map", "write `retry: {attempts: 3}`")
    fields = read_fields(node, _RETRY, reading, where="`retry`")
    last = fields.get("on_failure")
    if last is not None and isinstance(last.value, dict):
        del fields["on_failure"]
        fields["fallback"] = last.value["fallback"]
    return Located(fields, node)
