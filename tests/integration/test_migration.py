"""What the migration page says of each key, variable, option and default, seen from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import make_repository
from tests.support.migration import FILES, Case, cases


def carried_out(case: Case, directory: Path) -> Ended:
    repository = make_repository(directory / "r", {**FILES, **case.files, "workflow.yml": case.workflow})
    argv = case.argv or ("run", "W", *case.options)
    return prodigy(repository, *("workflow.yml" if word == "W" else word for word in argv), **case.environ)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.rows[0])
def test_the_page_says_what_happens(case: Case, tmp_path: Path) -> None:
    ended = carried_out(case, tmp_path)
    output = ended.stdout + ended.stderr
    assert ended.exit_code == case.exit, output
    for text in case.says:
        assert text in output
    tree = ended.tree()
    assert {path: tree.get(path) for path in case.lands} == dict(case.lands), output
    assert not set(case.absent) & set(tree)
