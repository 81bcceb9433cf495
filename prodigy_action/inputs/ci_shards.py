"""Which shard a job executes: its inputs say it, or else the variables of the system that runs the job."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.shard import Shard


@dataclass(frozen=True, slots=True)
class _System:
    """The variables in which a system numbers its parallel jobs."""

    index: str
    total: str
    first: int = 0
    """The index of the first job."""


SYSTEMS: Final = (
    _System("CI_NODE_INDEX", "CI_NODE_TOTAL", first=1),  # GitLab
    _System("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT"),
    _System("CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL"),
    _System("JOB_COMPLETION_INDEX", "JOB_COMPLETION_TOTAL"),  # Kubernetes sets the index alone
)
"""In this order; the first one that sets its index counts."""

_NUMBER: Final = re.compile(r"[0-9]{1,9}")


def read_shard(index: int | None, total: int | None, environ: Mapping[str, str]) -> Shard:
    """The shard that this job executes.

    `index`, from 0, and `total` are the inputs `shard-index` and `shard-total`. Without an index, the variables of
    GitLab, Buildkite, CircleCI or Kubernetes say both; Kubernetes knows no total, which is that of the input, or
    of `JOB_COMPLETION_TOTAL`. An empty variable counts as not set.

    Raises `InvalidInput` with the name of the input or variable when a number is missing, wrong or contradicted.
    """
    if index is not None:
        if total is None:
            raise _refusal(
                "shard-index is given without shard-total", "input shard-total", "write how many shards there are"
            )
        return _shard(index, total, "input shard-index", f"write a number from 0 to {total - 1}", str(index))
    system = next((each for each in SYSTEMS if environ.get(each.index)), None)
    if system is None:
        return _only_shard(total, environ)
    number = _number(environ, system.index)
    known = _number(environ, system.total) if environ.get(system.total) else total
    if known is None:
        hint = f"give shard-total, or set {system.total}"
        raise _refusal(
            f"{system.index} is set, and the number of shards is not known", f"variable {system.total}", hint
        )
    if total is not None and known != total:
        hint = f"leave shard-total out, or make it {known}"
        raise _refusal(f"shard-total is {total}, and {system.total} is {known}", f"variable {system.total}", hint)
    if known < 1:
        raise _refusal("'0' is no number of shards", f"variable {system.total}", "write a number from 1")
    hint = f"write a number from {system.first} to {known - 1 + system.first}"
    return _shard(number - system.first, known, f"variable {system.index}", hint, environ[system.index])


def _only_shard(total: int | None, environ: Mapping[str, str]) -> Shard:
    """Shard 0 of 1 where nothing is parallel; GitLab sets its total to 1 then."""
    gitlab = SYSTEMS[0]
    alone = total if total is not None else environ.get(gitlab.total) and _number(environ, gitlab.total)
    if alone == 1:
        return Shard(0, 1)
    names = ", ".join(each.index for each in SYSTEMS)
    hint = f"give shard-index and shard-total; the variables {names} are understood too"
    raise _refusal("which shard this job executes is not known", "input shard-index", hint)


def _number(environ: Mapping[str, str], name: str) -> int:
    value = environ[name]
    if not _NUMBER.fullmatch(value):
        raise _refusal(
            f"{value!r} is no whole number from 0", f"variable {name}", "set it to a number, or give shard-index"
        )
    return int(value)


def _shard(index: int, total: int, source: str, hint: str, written: str) -> Shard:
    if not 0 <= index < total:
        raise _refusal(f"{written} is no shard of {total}", source, hint)
    return Shard(index, total)


def _refusal(message: str, source: str, hint: str) -> InvalidInput:
    return InvalidInput([Diagnostic(message, source=source, hint=hint, code="invalid-shard")])
