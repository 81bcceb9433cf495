"""The result of a step under its `id`, and prompts that are longer than an argument may be."""

from __future__ import annotations

from pathlib import Path

from tests.support.blackbox import Ended, prodigy, run
from tests.support.everywhere import PHASES, run_everywhere, succeeded
from tests.support.git import make_repository

BY_ID = """
- {shell: 'echo built; echo warn >&2', id: build}
- {shell: exit 3, id: test-step, on_failure: true}
- {shell: 'printf "%s" "${build.output}|${build.stderr}|${build.success}|${test-step.exit_code}" > shell-PHASE'}
- {shell: echo deployed > deploy-PHASE, when: "${build.success} && !${test-step.success}"}
- {shell: echo wrong > wrong-PHASE, when: test-step.success || build.exit_code != 0}
- {shell: echo never, id: skipped, when: 1 == 2}
- {shell: 'printf "%s" "[${skipped.output}] [${skipped.success}] [${skipped.exit_code}]" > skipped-PHASE'}
- claude: /analyze ${build.output} ${test-step.exit_code} ${skipped.output:-nothing} ${build} ${test-x.output}
  id: analysis
- {write_file: {path: file-PHASE, content: "${analysis.output}"}}
- {shell: 'build=3; test=4; printf "%s" "${build} ${build:-x} ${test-y} ${build%3}" > own-PHASE'}
- foreach: {items: [one, two], do: [{shell: 'echo ${item}', id: inner}]}
- {shell: 'printf "%s" "${inner.output}" > inner-PHASE'}
- shell: 'exit 7'
  id: failing
  on_failure: {shell: 'printf "%s" "${failing.exit_code} ${failing.success}" > handler-PHASE'}
"""


def test_the_result_of_a_step_has_the_name_of_its_id_in_every_phase(tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, BY_ID))
    for phase in PHASES:
        assert tree[f"shell-{phase}"] == "built|warn|true|3"
        assert tree[f"deploy-{phase}"] == "deployed"
        assert f"wrong-{phase}" not in tree
        assert tree[f"skipped-{phase}"] == "[] [false] []"
        assert tree[f"file-{phase}"] == "1|/analyze built 3 nothing ${build} ${test-x.output}|"
        assert tree[f"own-{phase}"] == "3 3 4 "
        assert tree[f"inner-{phase}"] == "two"
        assert tree[f"handler-{phase}"] == "7 false"


LATER = """
name: later phases
setup:
  - {shell: 'echo "its $(date +%Y)x"; exit 4', id: first, on_failure: true}
map:
  input: [1]
  commit: auto
  agent_template:
    - {shell: 'printf "%s" "${first.output} ${first.exit_code}" > map'}
reduce:
  - {shell: 'printf "%s" "${first.success}" > reduce && git add -A && git commit -qm r', when: first.exit_code == 4}
"""


def test_later_phases_see_the_results_of_setup(tmp_path: Path) -> None:
    tree = succeeded(run(make_repository(tmp_path / "repository", {"a": "a"}), LATER))
    assert tree["map"].startswith("its 2")
    assert tree["map"].endswith("x 4")
    assert tree["reduce"] == "false"


def test_steps_side_by_side_wait_for_the_result_that_they_use(tmp_path: Path) -> None:
    document = """
    name: order
    setup:
      - {shell: 'sleep 0.3; echo first', id: slow-one}
      - {shell: 'echo ${slow-one.output} > used'}
      - {shell: git add -A && git commit -qm x}
    """
    ended = run(make_repository(tmp_path / "repository", {"a": "a"}), document)
    assert succeeded(ended)["used"] == "first"


def validated(directory: Path, document: str) -> Ended:
    repository = make_repository(directory / "repository", {"workflow.yml": document})
    return prodigy(repository, "validate", "workflow.yml")


def test_a_field_that_no_result_has_is_an_error_and_a_reserved_id_a_warning(tmp_path: Path) -> None:
    wrong = "- {id: build, shell: echo a}\n- {shell: 'echo ${build.outptu}'}\n- {id: shell, shell: echo b}\n"
    ended = validated(tmp_path / "a", wrong)
    assert ended.exit_code == 2
    assert "unknown variable '${build.outptu}'" in ended.stdout + ended.stderr
    assert "did you mean `output`?" in ended.stdout + ended.stderr
    ended = validated(tmp_path / "b", "- {id: shell, shell: echo b}\n")
    assert ended.exit_code == 0
    assert "the result of this step has no name" in ended.stdout + ended.stderr


LONG = """
- shell: "seq 1 60000; echo last error >&2; exit 2"
  on_failure:
    - {claude: '/fix "${shell.output}" now', id: asked}
    - {write_file: {path: prompt-PHASE, content: "${asked.output}"}}
"""
READING_AGENT = """#!/bin/sh
printf '%s' "$1" > given
file=$(printf '%s' "$1" | sed -n 's/.*The whole text is in the file \\(.*\\)]$/\\1/p')
echo "$(wc -c < given) $(head -c 20 given | tr '\\n' ' ')$(tail -c 19 given | tr '\\n' ' ')"
echo "$(wc -l < "$file") $(sed -n 30000p "$file")"
rm given
"""


def test_the_middle_of_a_prompt_that_is_too_long_is_left_out_and_the_whole_is_in_a_file(tmp_path: Path) -> None:
    agent = tmp_path / "reading-agent"
    agent.write_text(READING_AGENT)
    agent.chmod(0o755)
    ended = run_everywhere(tmp_path, LONG, "--agent-command", str(agent), phases=("map", "reduce"))
    tree = succeeded(ended)
    for phase in ("map", "reduce"):
        size, rest = tree[f"prompt-{phase}"].split(" ", 1)
        assert 110_000 < int(size) < 128 * 1024
        assert rest == '/fix "1 2 3 4 5 6 7 000 last error" now\n60000 30000'
    assert ended.logged("prompt_shortened")
