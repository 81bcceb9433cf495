"""The fields whose form in a workflow file differs from the form in the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prodigy_action.schema.composition_forms import COMPOSITION
from prodigy_action.schema.parts import (
    ANYTHING,
    BOOLEAN,
    COUNT,
    NUMBER,
    PERCENT,
    SCALAR,
    TEXT,
    VARIABLE,
    Schema,
    any_of,
    closed,
    list_of,
    map_of,
    nullable,
    ref,
    single_key,
    words,
)

_STEPS = ref("Steps")
BACKOFF_KINDS = ("fixed", "linear", "exponential", "fibonacci", "custom")
_BACKOFF_KEYS: dict[str, Schema] = {
    **dict.fromkeys(("initial", "initial_delay", "delay", "increment"), ref("Duration")),
    **dict.fromkeys(("base", "multiplier", "factor"), NUMBER),
    "delays": list_of(ref("Duration")),
}
_COUNT_OR_VARIABLE = any_of(COUNT, VARIABLE)
_ITEM_FAILURE = any_of(
    words(("dlq", "retry", "skip", "stop")),
    {"type": "string", "pattern": "^custom:"},
    single_key("custom", TEXT),
)
_COLLECTION = any_of(
    words(("aggregate", "immediate", "batched")),
    {"type": "string", "pattern": "^[Bb]atched:"},
    single_key("batched", any_of(COUNT, closed({"size": nullable(COUNT)}))),
)
_POLICY: Mapping[str, Schema] = {
    "on_item_failure": _ITEM_FAILURE,
    "max_failures": any_of(COUNT, PERCENT),
    "failure_threshold": any_of(NUMBER, PERCENT),
    "error_collection": _COLLECTION,
}
_FOREACH_SOURCE = any_of(list_of({}), TEXT)
_PARALLEL = any_of(COUNT, BOOLEAN)
_CHECK = any_of(TEXT, ref("StepCheck"))
_RESULT_KEYS: Mapping[str, Schema] = {"threshold": NUMBER, "result_file": TEXT}

FIELD_FORMS: Final[Mapping[str, Mapping[str, Schema]]] = {
    "Workflow": {
        "env": map_of(any_of(SCALAR, ref("EnvValue"))),
        "secrets": map_of(any_of(TEXT, ref("SecretSource"))),
        "env_files": any_of(list_of(any_of(TEXT, ref("EnvFile"))), TEXT),
        "profiles": map_of(
            {
                "type": "object",
                "properties": {"description": ANYTHING},
                "additionalProperties": any_of(SCALAR, ref("Texts")),
            }
        ),
        "handlers": map_of(_STEPS),
        "defaults": {
            "type": "object",
            "properties": {"interpreter": words(("sh", "bash"))},
            "additionalProperties": {"description": "The default of the parameter of this name."},
        },
        "parameters": any_of(map_of({}), list_of(any_of(TEXT, {"type": "object", "required": ["name"]}))),
        "mode": words(("mapreduce", "standard", "sequential")),
    },
    "Phase": {"steps": _STEPS, "timeout": ref("DurationOrVariable"), "capture_outputs": map_of(ref("CaptureOutput"))},
    "MapPhase": {
        "input": any_of(
            TEXT,
            list_of({}),
            single_key("file", TEXT),
            single_key("glob", ref("TextList")),
            single_key("command", TEXT),
        ),
        "agent_template": any_of(list_of(any_of(ref("Step"), TEXT)), closed({"commands": _STEPS, "steps": _STEPS})),
        "max_parallel": _COUNT_OR_VARIABLE,
        "offset": _COUNT_OR_VARIABLE,
        "max_items": _COUNT_OR_VARIABLE,
        "sort_by": any_of(TEXT, list_of(TEXT)),
        "filter": SCALAR,
        "agent_timeout_secs": ref("DurationOrVariable"),
        "carry": ref("TextList"),
    },
    "TimeoutConfig": {"agent_timeout_secs": ref("DurationOrVariable")},
    "ErrorPolicy": _POLICY,
    "Step": {
        "env": ref("Texts"),
        "foreach": any_of(ref("Foreach"), _FOREACH_SOURCE),
        "workflow": any_of(TEXT, ref("SubWorkflow")),
        "capture_output": any_of(BOOLEAN, TEXT),
        "capture_streams": any_of(
            ref("CaptureStreams"),
            words(("stdout", "stderr", "both")),
            list_of(words(("stdout", "stderr"))),
        ),
        "on_success": _STEPS,
        "on_exit_code": map_of(_STEPS),
        "reads": ref("TextList"),
        "writes": ref("TextList"),
        "needs": ref("TextList"),
        "parallel": _PARALLEL,
        "when": SCALAR,
        "timeout": ref("Duration"),
    },
    "Foreach": {"items": _FOREACH_SOURCE, "steps": _STEPS, "parallel": _PARALLEL},
    "SubWorkflow": {"steps": _STEPS, "values": map_of({}), "env": ref("Texts"), "outputs": ref("TextList")},
    "Retry": {
        "retry_on": any_of(list_of(ref("RetryOn")), ref("RetryOn"), {"enum": ["all", "any"]}),
        "on_failure": any_of(
            words(("stop", "continue")), single_key("fallback", any_of(TEXT, single_key("command", TEXT), ref("Step")))
        ),
    },
    "Handler": {"max_attempts": COUNT},
    "StepValidate": {
        "commands": any_of(list_of(_CHECK), TEXT),
        "success_criteria": any_of(words(("all", "any")), map_of(COUNT)),
    },
    "CommitConfig": {"include_files": ref("TextList"), "exclude_files": ref("TextList")},
    "EnvValue": dict.fromkeys(("value", "when_true", "when_false"), SCALAR),
    "CaptureOutput": {"default": SCALAR},
    "Parameter": {"default": {}},
    "WriteFile": {"mode": any_of(TEXT, {"type": "integer"})},
}
"""Fields of the models whose value has more forms in the file than in the model."""

EXTRA: Final[Mapping[str, Mapping[str, Schema]]] = {
    "Workflow": {
        **_POLICY,
        "$schema": ANYTHING,
        "commands": {**_STEPS, "description": "The steps of a workflow without a map."},
        "steps": {**_STEPS, "description": "The steps of a workflow without a map."},
        "continue_on_failure": BOOLEAN,
        "circuit_breaker": ref("CircuitBreaker"),
        "retry_config": ref("Retry"),
        **dict.fromkeys(("description", "version", "author"), SCALAR),
        **COMPOSITION,
        **dict.fromkeys(("max_iterations", "iterate"), ANYTHING),
    },
    "Phase": {"commands": {**_STEPS, "description": "The steps."}},
    "MapPhase": {
        "error_policy": ref("ErrorPolicy"),
        "timeout_per_agent": ref("DurationOrVariable"),
        "retry_on_failure": COUNT,
    },
    "TimeoutConfig": {"enable_monitoring": {}},
    "Step": {
        "test": any_of(TEXT, {"type": "object", "required": ["command"]}),
        "command": TEXT,
        "goal_seek": {"type": "object"},
        "handler": {"type": "object"},
        "analyze": {**ANYTHING, "description": "Has no effect."},
        "do": {**_STEPS, "description": "The steps of a `foreach` next to it."},
        "continue_on_error": {**BOOLEAN, "description": "Continue when the step failed."},
        "allow_failure": {**BOOLEAN, "description": "Continue when the step failed."},
        "max_items": COUNT,
        "retry_config": ref("Retry"),
        "skip_validation": BOOLEAN,
        "validation_timeout": ref("Duration"),
        **dict.fromkeys(("parameters", "with"), map_of({})),
        "args": any_of(list_of(SCALAR), SCALAR),
        "options": map_of({}),
        "metadata": map_of({}),
        **dict.fromkeys(
            ("ignore_validation_failure", "outputs", "inputs", "analysis", "temporary", "clear_env"), ANYTHING
        ),
    },
    "Handler": {
        "commands": _STEPS,
        "max_retries": COUNT,
        "stop_on_success": {},
        "timeout": ref("Duration"),
        "capture": {},
    },
    "Foreach": {"foreach": _FOREACH_SOURCE, "input": _FOREACH_SOURCE, "do": _STEPS, "commands": _STEPS},
    "Validation": {
        **dict.fromkeys(("shell", "claude", "command"), TEXT),
        "commands": _STEPS,
        "write_file": ref("WriteFile"),
        "foreach": ref("Foreach"),
        "expected_schema": {},
    },
    "OnIncomplete": {
        **dict.fromkeys(("shell", "claude", "command"), TEXT),
        "commands": _STEPS,
        "write_file": ref("WriteFile"),
        "foreach": ref("Foreach"),
        **dict.fromkeys(("prompt", "retry_original", "strategy"), ANYTHING),
    },
    "StepCheck": {"shell": TEXT, "claude": TEXT, "command_type": words(("shell", "claude"))},
    "Retry": {"max_attempts": COUNT},
    "RetryOn": {"error": TEXT},
    "Backoff": {
        **_BACKOFF_KEYS,
        **{kind: any_of({"type": "null"}, SCALAR, map_of({}), list_of({})) for kind in BACKOFF_KINDS},
        **dict.fromkeys(("type", "strategy"), words(BACKOFF_KINDS)),
    },
    "CaptureOutput": {"index": COUNT},
    "CommitConfig": {"message": TEXT},
    "SecretSource": {**dict.fromkeys(("name", "path"), TEXT), "version": {}},
}
"""Keys of the file that are not fields of the model."""

HIDDEN: Final[Mapping[str, frozenset[str]]] = {
    "MapPhase": frozenset({"items", "input_form", "globs"}),
    "Handler": frozenset({"ignore", "steps"}),
    "Foreach": frozenset({"command"}),
    "OnIncomplete": frozenset({"steps"}),
    "Validation": frozenset({"steps"}),
    "StepCheck": frozenset({"agent"}),
    "Retry": frozenset({"fallback"}),
    "RetryOn": frozenset({"kind"}),
    "ErrorPolicy": frozenset({"custom_handler", "max_failures_percent"}),
}
"""Fields of the models that have no key in the file."""

REPLACEABLE: Final[Mapping[str, frozenset[str]]] = {
    "MapPhase": frozenset({"input", "agent_template"}),
    "Foreach": frozenset({"steps"}),
    "StepCheck": frozenset({"command"}),
    "StepValidate": frozenset({"commands"}),
    "CaptureOutput": frozenset({"command_index"}),
    "SecretSource": frozenset({"key"}),
    "Backoff": frozenset({"kind"}),
}
"""Required fields that may be written under another key, or in another file."""

DEPRECATED: Final[Mapping[str, Mapping[str, str]]] = {
    "Step": {
        "test": "Write `shell` with `on_failure`.",
        "command": "Write `claude` or `shell`.",
        "goal_seek": "Write a command with `validate`.",
        "handler": "Write `claude` or `shell`.",
    },
    "MapPhase": {
        "timeout_per_agent": "Write `agent_timeout_secs`.",
        "retry_on_failure": "Write `error_policy: {on_item_failure: retry}`.",
    },
    "Validation": {"command": "Write `shell` or `claude`."},
    "OnIncomplete": {"command": "Write `shell` or `claude`."},
}
"""Keys that still work, and what to write instead."""

ALTERNATIVES: Final[Mapping[str, tuple[Schema, ...]]] = {
    "Phase": (list_of(any_of(ref("Step"), TEXT)), {"type": "null"}),
    "Handler": (
        {"type": "boolean", "description": "`true`: go on in spite of the failure."},
        {**TEXT, "description": "`/x` is an agent command, anything else is for the shell."},
        list_of(any_of(ref("Step"), TEXT)),
    ),
    "OnIncomplete": (_STEPS,),
    "Validation": (TEXT, list_of(any_of({**ref("Step")}, {"type": "object", "properties": dict(_RESULT_KEYS)}, TEXT))),
    "StepValidate": (TEXT, list_of(_CHECK), ref("StepCheck")),
    "Retry": (COUNT, BOOLEAN),
    "RetryOn": (words(("network", "timeout", "server_error", "rate_limit", "signal")),),
    "Backoff": (words(BACKOFF_KINDS),),
    "CaptureOutput": (COUNT,),
}
"""Further forms of a whole model, beside its map of fields."""
