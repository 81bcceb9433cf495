"""Batches against reality: in whatever order the steps of a batch run, the worktree ends as after the sequence."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.dependency_analysis.worktree_paths import fold_path, overlap
from tests.support.batch_orders import divergent_order, outcome, outcome_in_parallel, prepare
from tests.support.shell_parsing import read_footprint

SETUP = "mkdir d d/e; echo 1 > a; echo 2 > b; echo 3 > d/a; printf 'x\\ny\\nx\\n' > d/e/b; touch empty"
PATHS = (
    "a",
    "b",
    "c",
    "d",
    "d/a",
    "d/e",
    "d/e/b",
    "d/c",
    "g/h",
    "./a",
    "d//a",
    "d/e/",
    "d/../b",
    "copy/e/b",
    "'a'",
    '"d/"a',
    "A",
)
TEMPLATES = (
    "echo {w} > {p}",
    "echo {w} >> {p}",
    "cat {p} > {q}",
    "cat {p} {q}",
    "cat < {p} >> {q}",
    "mkdir {p}",
    "mkdir -p {p}",
    "touch {p}",
    "cp {p} {q}",
    "cp -r {p} copy",
    "cp -t {p} {q}",
    "mv {p} {q}",
    "mv -f -- {p} {q}",
    "rm -f {p}",
    "rm -rf {p}",
    "rmdir {p}",
    "sort -r -o {p} {q}",
    "sort {p} | uniq -c",
    "uniq {p} {q}",
    "tee {q} {r} < {p}",
    "tail -1 {p} > {q}",
    "wc -c < {p}",
    "grep -c x {p} > {q}",
    "grep -f {p} {q}",
    "grep -r {w} {p}",
    "ls {p}",
    "ls",
    "echo *",
    "echo d/*",
    "cat d/*",
    "rm -f d/*",
    "test -f {p} && echo {w} > {q}",
    "[ -d {p} ] || touch {q}",
    "if [ ! -e {p} ]; then mkdir -p {p}; fi",
    "for f in {p} {q}; do echo {w} > {r}; done",
    'while read -r line; do echo "$line"; done < {p}',
    "case {w} in x) rm -f {p};; *) touch {q};; esac",
    "(cat {p}; cat {q}) > {r}",
    "{{ echo {w}; cat {p}; }} 2> {q}",
    'echo "$(cat {p})" > {q}',
    "cat <<EOF > {p}\n{w} $(cat {q})\nEOF",
    "cat <<'EOF' >> {p}\n{w} $(cat {q})\nEOF",
    'echo "$V" > {p}',
    'V=$(cat {p}); echo "$V" >> {q}',
    'cat "$V" > {p}',
    "jq -n '\"{w}\"' > {p}",
    "jq -R . {p}",
    "chmod 600 {p}",
    "cut -c1 {p} > {q}",
    'echo "${{shell.output}}" > {p}',
    "sed -i s/1/{w}/ {p}",
    "ln {p} {q}",
)
STEPS = st.builds(
    lambda template, w, p, q, r, captures: Command(template.format(w=w, p=p, q=q, r=r), captures=captures),
    st.sampled_from(TEMPLATES),
    st.sampled_from(("x", "y", "1")),
    st.sampled_from(PATHS),
    st.sampled_from(PATHS),
    st.sampled_from(PATHS),
    st.sampled_from(((), (), (), ("V",), ("W",))),
)
PROGRAMS = st.lists(STEPS, min_size=2, max_size=5)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(program=PROGRAMS)
def test_every_order_within_the_batches_ends_like_the_sequence(
    tmp_path_factory: pytest.TempPathFactory, program: list[Command]
) -> None:
    assert divergent_order(tmp_path_factory.mktemp("orders"), SETUP, program) is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(program=PROGRAMS)
def test_batches_run_truly_in_parallel_end_like_the_sequence(
    tmp_path_factory: pytest.TempPathFactory, program: list[Command]
) -> None:
    directory = tmp_path_factory.mktemp("parallel")
    expected = outcome(directory, "in-order", SETUP, program, range(len(program)))
    assert outcome_in_parallel(directory, SETUP, program) == expected


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(step=STEPS)
def test_a_step_changes_nothing_but_the_paths_of_its_footprint(
    tmp_path_factory: pytest.TempPathFactory, step: Command
) -> None:
    footprint = read_footprint(step.cmd or "")
    worktree = prepare(tmp_path_factory.mktemp("writes"), "w", SETUP)
    before = worktree.state()["files"]
    worktree.run(0, step)
    after = worktree.state()["files"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    if footprint.barrier is None:
        assert all(any(overlap(fold_path(path), written) for written in footprint.path_writes) for path in changed)
