"""The outputs of the action, and the format of the runner's output file."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.model.results import RunResult
from prodigy_action.pure.text.cutting import cut
from prodigy_action.report.failure_groups import failed_items

FAILED_ITEMS_MOST = 10_000
"""Most ids in `failed-items`; that is far below the megabyte that the outputs of a job may have together."""

KEYS_LENGTH = 100_000
"""Most characters of all keys in `failed-keys`, and `KEY_LENGTH` of each."""
KEY_LENGTH = 200


def action_outputs(result: RunResult, *, results_dir: str, matrix: str = "") -> dict[str, str]:
    """Output name → value, as the README documents them. `results_dir` is relative to the workspace, `matrix` the JSON
    of the jobs that execute a plan.
    """
    counts = result.counts
    failed: list[JsonValue] = [item.id for item in failed_items(result.items)]
    directory = results_dir.rstrip("/") or "."
    return {
        "result": result.result,
        "run-id": result.run_id,
        "total": str(counts.planned),
        "succeeded": str(counts.succeeded),
        "unchanged": str(counts.unchanged),
        "failed": str(counts.failed + counts.timed_out),
        "conflicted": str(counts.conflicted),
        "not-run": str(counts.not_run),
        "base-sha": result.base_sha,
        "head-sha": result.head_sha,
        "branch": result.branch or "",
        "changed": "true" if result.head_sha != result.base_sha else "false",
        "results-dir": directory,
        "results-file": "results.json" if directory == "." else f"{directory}/results.json",
        "failed-items": compact_json(failed[:FAILED_ITEMS_MOST]),
        "failed-keys": compact_json(_keys(result)),
        "matrix": matrix,
    }


def _keys(result: RunResult) -> list[JsonValue]:
    """The keys of the items that did not land, as many as fit."""
    found: list[JsonValue] = []
    room = KEYS_LENGTH
    for item in failed_items(result.items)[:FAILED_ITEMS_MOST]:
        key = cut(item.key, KEY_LENGTH)
        room -= len(compact_json(key))
        if room < 0:
            break
        found.append(key)
    return found


def render_file_command(values: Mapping[str, str], delimiter: str) -> str:
    """Records for the runner's output file, in its format for values of any text.

    `delimiter` must be random, so that no value can end its own record. Raises `ValueError` when a name or value holds
    the delimiter, or when the runner would read a part of a name as the end of the name.
    """
    records = []
    for name, value in values.items():
        if delimiter in name or delimiter in value:
            raise ValueError(f"the delimiter {delimiter!r} is in the output {name!r}: take a random one")
        if not name or any(mark in name for mark in ("=", "<<", "\n", "\r")):
            raise ValueError(f"{name!r} is no name of an output")
        records.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    return "".join(records)
