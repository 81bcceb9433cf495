"""A run over several jobs: which part of it this job does, and the matrix of the other jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.ci_shards import read_shard
from prodigy_action.model.events import ShardRecord
from prodigy_action.model.json_value import compact_json
from prodigy_action.model.settings import Settings
from prodigy_action.model.workflow import Workflow
from prodigy_action.pure.items.slicing import shard_matrix, shard_total
from prodigy_action.pure.journal.reducer import RunHistory
from prodigy_action.pure.work_planning import EXCLUDED


def settings_of_job(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """The settings with the shard that this job executes, which the variables of a CI system may say.

    Raises `InvalidInput` for settings that do not fit the phase.
    """
    if settings.phase == "map":
        shard = read_shard(settings.shard_index, settings.shard_total, environ)
        settings = replace(settings, shard_index=shard.index, shard_total=shard.total)
    problems: list[Diagnostic] = []
    if settings.phase in ("map", "reduce") and settings.resume_from is None:
        what = "the plan" if settings.phase == "map" else "the plan and the shards"
        hint = f"give resume-from, the directory with the results of {what}"
        problems.append(_wrong(f"phase {settings.phase} needs the results of {what}", "resume-from", hint))
    if settings.phase == "setup" and settings.resume_from is not None:
        hint = "leave resume-from out; resume the jobs of the map instead"
        problems.append(_wrong("phase setup starts a new run and resumes none", "resume-from", hint))
    if settings.phase != "setup" and settings.timings is not None:
        hint = "give it to phase setup, which shares the items out"
        problems.append(_wrong(f"phase {settings.phase} plans no shards that timings could balance", "timings", hint))
    if settings.phase == "reduce" and settings.only:
        hint = "give it to phase setup, which chooses the items"
        problems.append(_wrong("phase reduce executes no items that `only` could choose", "only", hint))
    if settings.phase != "map" and settings.shard_index is not None:
        hint = "add phase: map, or leave shard-index out"
        problems.append(_wrong(f"phase {settings.phase} has no shards to choose from", "shard-index", hint))
    if problems:
        raise InvalidInput(problems)
    return settings


def check_workflow(settings: Settings, workflow: Workflow) -> None:
    """Refuse to divide a workflow without a map. Raises `InvalidInput`."""
    if settings.phase != "all" and workflow.map is None:
        hint = "leave phase out: this workflow runs in one job"
        raise InvalidInput([_wrong("the workflow has no map whose items jobs could share", "phase", hint)])


def publishes(settings: Settings) -> bool:
    """Whether this job writes to the user's repository."""
    return settings.phase in ("all", "reduce")


def shard_record(settings: Settings) -> ShardRecord | None:
    """The shard that this job executes, for the journal."""
    if settings.phase != "map" or settings.shard_index is None or settings.shard_total is None:
        return None
    return ShardRecord(index=settings.shard_index, total=settings.shard_total)


def matrix_of(settings: Settings, history: RunHistory) -> str:
    """The output `matrix`: the jobs that execute the plan; empty when this job makes none."""
    if settings.phase != "setup" or history.planned is None:
        return ""
    items = sum(not _excluded(history, item.id) for item in history.planned.items)
    return compact_json(shard_matrix(shard_total(items, settings.shards, settings.items_per_shard)))


def _excluded(history: RunHistory, item_id: int) -> bool:
    return history.items[item_id].not_run == EXCLUDED


def _wrong(message: str, name: str, hint: str) -> Diagnostic:
    return Diagnostic(message, source=f"input {name}", hint=hint, code="wrong-phase")
