"""Which shard a job executes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.errors import InvalidInput
from prodigy_action.inputs.ci_shards import SYSTEMS, read_shard
from prodigy_action.model.shard import Shard


@pytest.mark.parametrize(
    ("environ", "shard"),
    (
        ({"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "5"}, Shard(0, 5)),
        ({"CI_NODE_INDEX": "5", "CI_NODE_TOTAL": "5"}, Shard(4, 5)),
        ({"CI_NODE_TOTAL": "1"}, Shard(0, 1)),
        ({"BUILDKITE_PARALLEL_JOB": "0", "BUILDKITE_PARALLEL_JOB_COUNT": "3"}, Shard(0, 3)),
        ({"CIRCLE_NODE_INDEX": "2", "CIRCLE_NODE_TOTAL": "3"}, Shard(2, 3)),
        ({"JOB_COMPLETION_INDEX": "7", "JOB_COMPLETION_TOTAL": "8"}, Shard(7, 8)),
        ({"CI_NODE_INDEX": "", "CIRCLE_NODE_INDEX": "2", "CIRCLE_NODE_TOTAL": "3"}, Shard(2, 3)),
    ),
)
def test_the_variables_of_each_system_are_understood(environ: dict[str, str], shard: Shard) -> None:
    assert read_shard(None, None, environ) == shard


def test_the_inputs_win_over_the_variables() -> None:
    assert read_shard(3, 4, {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "9"}) == Shard(3, 4)
    assert read_shard(3, 4, {"CI_NODE_INDEX": "nonsense"}) == Shard(3, 4)


def test_kubernetes_takes_the_total_of_the_input() -> None:
    assert read_shard(None, 8, {"JOB_COMPLETION_INDEX": "7"}) == Shard(7, 8)


@pytest.mark.parametrize(
    ("index", "total", "environ", "source", "message"),
    (
        (None, None, {}, "input shard-index", "is not known"),
        (None, 2, {}, "input shard-index", "is not known"),
        (None, None, {"CI_NODE_TOTAL": "5"}, "input shard-index", "is not known"),
        (1, None, {}, "input shard-total", "without shard-total"),
        (2, 2, {}, "input shard-index", "2 is no shard of 2"),
        (None, None, {"CI_NODE_INDEX": "0", "CI_NODE_TOTAL": "5"}, "variable CI_NODE_INDEX", "0 is no shard of 5"),
        (None, None, {"CI_NODE_INDEX": "6", "CI_NODE_TOTAL": "5"}, "variable CI_NODE_INDEX", "6 is no shard of 5"),
        (None, None, {"CI_NODE_INDEX": "1/5", "CI_NODE_TOTAL": "5"}, "variable CI_NODE_INDEX", "'1/5' is no whole"),
        (None, None, {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "-5"}, "variable CI_NODE_TOTAL", "'-5' is no whole"),
        (None, None, {"CI_NODE_INDEX": "1"}, "variable CI_NODE_TOTAL", "is not known"),
        (None, None, {"CIRCLE_NODE_INDEX": "3", "CIRCLE_NODE_TOTAL": "3"}, "variable CIRCLE_NODE_INDEX", "3 is no"),
        (None, None, {"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "0"}, "variable CIRCLE_NODE_TOTAL", "'0' is no"),
        (None, None, {"BUILDKITE_PARALLEL_JOB": "²"}, "variable BUILDKITE_PARALLEL_JOB", "'²' is no whole"),
        (None, None, {"JOB_COMPLETION_INDEX": "0"}, "variable JOB_COMPLETION_TOTAL", "is not known"),
        (None, 5, {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "4"}, "variable CI_NODE_TOTAL", "shard-total is 5"),
    ),
)
def test_what_is_missing_or_wrong_is_named(
    index: int | None, total: int | None, environ: dict[str, str], source: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as raised:
        read_shard(index, total, environ)

    (problem,) = raised.value.diagnostics
    assert problem.source == source
    assert problem.hint


@given(st.integers(0, len(SYSTEMS) - 1), st.integers(1, 300))
def test_the_jobs_of_every_system_are_all_shards(number: int, total: int) -> None:
    system = SYSTEMS[number]
    indexes = range(system.first, system.first + total)

    shards = [read_shard(None, None, {system.index: str(n), system.total: str(total)}) for n in indexes]

    assert shards == [Shard(index, total) for index in range(total)]
