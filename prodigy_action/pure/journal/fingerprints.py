"""Digests, by name, of everything that decides what a run does: two runs with equal digests do the same work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from prodigy_action.model.json_value import JsonValue, canonical_json
from prodigy_action.model.workflow import MapPhase, Step, Workflow

DIGEST_LENGTH = 16
_IRRELEVANT = frozenset({"name", "timeout", "map.max_parallel", "map.home"})
"""Fields that may change between attempts at a run: they do not change the outcome of an item that ends."""
_LATER: Mapping[str, JsonValue] = {"keep_running": False, "workflow": None}
"""Fields of a step that the first version did not record, with the values that mean nothing."""
CARRIED = "carried files"
"""The name for the digest of the files that `map.carry` copies for setup."""
_OF_SETUP = ("setup.", "env.", "profiles.", "env_files", "parameter ", "profile", "defaults.", "working-directory")


def fingerprint_workflow(
    workflow: Workflow, parameters: Mapping[str, JsonValue], profile: str | None, *, directory: str = "."
) -> dict[str, str]:
    """The digests of all parts of a workflow and of its parameters, by names such as `map.filter`; `directory` is where
    steps start, below the top of the repository.

    Secret values have no digest: that of a short value could be guessed.
    """
    found = {name: _digest(value) for name, value in _parts(workflow) if name not in _IRRELEVANT}
    found |= {f"parameter {name}": _digest(value) for name, value in parameters.items()}
    if directory != ".":
        found["working-directory"] = _digest(directory)
    return {**found, "profile": _digest(profile or "")}


def describe_differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names under which two fingerprints differ, in order. A field that one of them does not have, because another
    version recorded it, has its default there.
    """
    defaults = _defaults()
    names = before.keys() | now.keys()
    return sorted(name for name in names if before.get(name, defaults.get(name)) != now.get(name, defaults.get(name)))


@lru_cache(maxsize=1)
def _defaults() -> Mapping[str, str]:
    usual = Workflow(name="", map=MapPhase(agent_template=(Step(),)))
    return {name: _digest(value) for name, value in _parts(usual)}


def fingerprint_setup(fingerprints: Mapping[str, str], brought: str) -> dict[str, str]:
    """Those fingerprints that setup depends on; `brought` is the digest of the files that `map.carry` copies for it."""
    chosen = {name: digest for name, digest in fingerprints.items() if name.startswith(_OF_SETUP)}
    return {**chosen, CARRIED: brought}


def _parts(workflow: Workflow) -> Iterator[tuple[str, JsonValue]]:
    document: dict[str, JsonValue] = workflow.model_dump(mode="json")
    secret = {f"env.{name}" for name, value in workflow.env.items() if value.secret}
    for name, value in document.items():
        if isinstance(value, dict):
            parts = {f"{name}.{inner}": content for inner, content in value.items()}
            yield from ((part, content) for part, content in parts.items() if part not in secret)
        else:
            yield name, value


def _as_recorded_first(value: JsonValue) -> JsonValue:
    """The value without later fields that say nothing, so that a journal of the first version has the same digest."""
    if isinstance(value, Mapping):
        is_step = "shell" in value and "on_success" in value
        kept = ((name, each) for name, each in value.items() if not (is_step and _says_nothing(name, each)))
        found = {name: _as_recorded_first(each) for name, each in kept}
        if found.keys() == {"path", "required"} and found["required"] is None:
            found["required"] = True  # what the first version recorded for a plain path of `env_files`
        return found
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_as_recorded_first(each) for each in value]
    return value


def _says_nothing(name: str, value: JsonValue) -> bool:
    return name in _LATER and value == _LATER[name]


def _digest(value: JsonValue) -> str:
    value = _as_recorded_first(value)
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_LENGTH]
