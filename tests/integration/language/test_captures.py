"""What a step printed, as typed variables of the steps and phases after it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.everywhere import PHASES, run_everywhere, succeeded


def test_output_is_captured_in_every_form_in_every_phase(tmp_path: Path) -> None:
    steps = """
    - {shell: 'printf "one\\ntwo\\n\\n"', capture: text}
    - {shell: 'printf " 7 "', capture: spaced, capture_format: text}
    - {shell: 'echo ''{"a": [1.0, {"b": "x y"}]}''', capture: tree, capture_format: json}
    - {shell: 'printf "one\\ntwo\\n"', capture: lines, capture_format: lines}
    - {shell: echo 42, capture: count, capture_format: number}
    - {shell: echo true, capture: flag, capture_format: boolean}
    - {shell: 'echo out; echo err >&2', capture: both, capture_streams: both}
    - {shell: 'echo out; echo err >&2', capture: errors, capture_streams: stderr}
    - shell: echo out; echo err >&2; exit 3
      capture: bad
      capture_streams: {stdout: true, success: true}
      on_failure: true
    - {shell: echo named, capture_output: NAMED}
    - {shell: echo plain, capture_output: true}
    - shell: printf %s "${shell.output}|${last.output}|${CAPTURED_OUTPUT}|$NAMED" > previous-PHASE
    - shell: |
        cat > captured-PHASE <<END
        ${text}|${spaced}|${tree.a[0]}|${tree.a[1].b}|${tree:json}|${lines}|${lines[1]}|${count}|${flag}
        ${both}|${errors}|${errors.stderr}
        ${bad}|${bad.exit_code}|${bad.success}|${bad.stderr}|${text.exit_code}|${text.success}
        END
    - {shell: echo yes >> when-PHASE, when: count > 41 && flag}
    - {shell: echo no >> when-PHASE, when: "${bad.success} || ${count} == 41"}
    - {shell: echo zwei, capture: no_number, capture_format: number, on_failure: true}
    - shell: echo x >> tries-PHASE; test "$(grep -c x tries-PHASE)" = 1 && echo '{' || echo '[]'
      capture: no_json
      capture_format: json
      on_failure: {shell: 'printf "%s" "${error.message}" > errors-PHASE', retry_original: true}
    - shell: printf '%s' "${no_number} ${no_json:json}" > late-PHASE
    """
    tree = succeeded(run_everywhere(tmp_path, steps))
    for phase in PHASES:
        assert tree[f"previous-{phase}"] == "plain|plain|plain|named"
        first, second, rest = tree[f"captured-{phase}"].split("\n", 2)
        assert first == "one"
        assert second == 'two| 7 |1.0|x y|{"a":[1.0,{"b":"x y"}]}|one, two|two|42|true'
        assert rest == "out\nerr|err|err\nout|3|false|err|0|true"
        assert tree[f"when-{phase}"] == "yes"
        assert tree[f"late-{phase}"] == "zwei []"
        assert tree[f"errors-{phase}"].startswith("capture 'no_json': the output is no JSON")


NAMED_BY_CAPTURE_OUTPUT = """
- {shell: 'echo ''{"a":[1,2]}''; echo err >&2', capture_output: v, capture_format: json}
- {shell: 'printf "%s" "${v.a[1]} ${v.exit_code} ${v.success} ${v.stderr} ${v:json}" > all-PHASE', on_failure: false}
- {shell: 'echo out; echo err >&2', capture_output: errors, capture_streams: stderr}
- {shell: 'printf "%s" "${errors}" > errors-PHASE'}
"""


def test_a_named_capture_output_takes_formats_streams_and_metadata(tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, NAMED_BY_CAPTURE_OUTPUT))
    for phase in PHASES:
        assert tree[f"all-{phase}"] == '2 0 true err {"a":[1,2]}'
        assert tree[f"errors-{phase}"] == "err"


SILENT = """
- {shell: grep -q a a.txt, capture: has, capture_format: boolean}
- {shell: grep -q licence a.txt, capture: lacks, capture_format: boolean, on_failure: true}
- {shell: echo FALSE, capture_output: printed, capture_format: boolean}
- {shell: 'echo ''{"n": 1}''; exit 3', capture: tree, capture_format: json, on_failure: true}
- {shell: 'echo text; exit 3', capture: text, capture_format: json, on_failure: true}
- {shell: echo yes >> when-PHASE, when: "${has}"}
- {shell: echo no >> when-PHASE, when: "${lacks} || ${printed}"}
- {shell: 'printf "%s" "${has} ${lacks} ${printed} ${tree.n} ${text}" > values-PHASE'}
"""


def test_a_boolean_is_the_success_of_a_command_that_prints_no_such_word(tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, SILENT))
    for phase in PHASES:
        assert tree[f"when-{phase}"] == "yes"
        assert tree[f"values-{phase}"] == "true false false 1 text"


SKIPPED = """
- {shell: echo got, capture: maybe, when: "1 == 2"}
- {shell: exit 1, on_failure: true, on_success: {shell: echo never, capture: nested}}
- write_file: {path: absent-PHASE, content: "[${maybe}] ${maybe:-none} $nested ${nested|default:x}"}
- claude: /say ${maybe:-nothing} now
- {shell: 'printf "%s" "${claude.output} ${maybe:-shell}" >> absent-PHASE', when: "!maybe.exists"}
"""


def test_a_name_that_no_step_has_captured_stands_for_nothing_where_no_shell_reads(tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, SKIPPED))
    for phase in PHASES:
        assert tree[f"absent-{phase}"] == "[] none  x1|/say nothing now| shell"


def test_a_flood_goes_into_a_file_whole_and_into_no_variable(tmp_path: Path) -> None:
    flood = "head -c 17000000 /dev/zero | tr '\\0' x"
    steps = f"""
    - shell: {flood}
      output_file: flood
    - shell: test "$(wc -c < flood)" = 17000000 && rm flood && touch whole
    - shell: {flood}
      capture: much
      REPORT
    """
    tree = succeeded(run_everywhere(tmp_path, steps, "--max-log-bytes", "1000", phases=("map",)))
    assert "whole" in tree
    assert "more output than the 16 MiB" in tree["errors-map"]


def test_what_a_phase_captured_is_known_in_the_phases_after_it(tmp_path: Path) -> None:
    steps = """
    - {shell: echo PHASE, capture: from_PHASE}
    - shell: 'true'
      on_success: {shell: echo nested-PHASE, capture: inner_PHASE}
    - shell: printf '%s ' "${from_setup:-}" "${inner_setup:-}" "${from_reduce:-}" "$inner_reduce" > known-PHASE
    """
    ended = run_everywhere(tmp_path, steps)
    tree = succeeded(ended)
    assert tree["known-setup"].split() == ["setup", "nested-setup"]
    assert tree["known-map"].split() == ["setup", "nested-setup"]
    assert tree["known-merge"].split() == ["setup", "nested-setup", "reduce", "nested-reduce"]
    assert ended.results["items"][0]["steps"][0]["captured"] == {"from_map": "map"}


def test_capture_outputs_of_a_phase_take_every_form(tmp_path: Path) -> None:
    top = """
    setup:
      timeout: 1m
      commands:
        - shell: printf 'first 12\\nsecond\\n'
        - shell: 'echo ''{"a": {"b": [1, 2]}}''; echo warned >&2'
      capture_outputs:
        plain: 0
        number: {command_index: 0, pattern: 'first (\\d+)'}
        whole: {command_index: 0, pattern: 'sec\\w+'}
        path: {command_index: 1, json_path: $.a.b}
        dotted: {command_index: 1, json_path: a.b}
        err: {command_index: 1, source: stderr}
        both: {command_index: 1, source: both, multiline: last_line}
        combined: {command_index: 1, source: combined, multiline: last_line}
        size: {command_index: 0, max_size: 5}
        joined: {command_index: 0, multiline: join}
        head: {command_index: 0, multiline: first_line}
        tail: {command_index: 0, multiline: last_line}
        array: {command_index: 0, multiline: array}
        absent: {command_index: 0, pattern: 'third', default: none}
    """
    expected = {
        "plain": "first 12\nsecond",
        "number": "12",
        "whole": "second",
        "path": "[1,2]",
        "dotted": "[1,2]",
        "err": "warned",
        "both": "warned",
        "combined": "warned",
        "size": "first",
        "joined": "first 12 second",
        "head": "first 12",
        "tail": "second",
        "array": "first 12, second",
        "absent": "none",
        "array[1]": "second",
    }
    steps = "\n".join(f'- shell: printf %s "${{{name}}}" > "{name}-PHASE"' for name in expected)
    tree = succeeded(run_everywhere(tmp_path, steps, top=top, phases=("map", "reduce", "merge")))
    for phase in ("map", "reduce", "merge"):
        assert {name: tree[f"{name}-{phase}"] for name in expected} == expected, phase


def test_a_capture_of_setup_that_finds_nothing_fails_setup(tmp_path: Path) -> None:
    top = """
    setup:
      commands: [{shell: echo one}]
      capture_outputs: {wanted: {command_index: 0, pattern: two}}
    """
    ended = run_everywhere(tmp_path, "- shell: echo never > ran-PHASE", top=top, phases=("map", "merge"))
    assert ended.exit_code == 1
    assert "capture_outputs.wanted" in ended.results["phases"]["setup"]["error"]["message"]
    assert ended.states == []
    assert json.loads((ended.results_dir / "results.json").read_text())["head_sha"] in {None, ended.results["base_sha"]}
