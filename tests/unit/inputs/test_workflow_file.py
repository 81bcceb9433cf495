"""Loading as a whole: all problems at once, in order, with places and without needless imports."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from prodigy_action.errors import Diagnostic, InvalidInput, Position
from prodigy_action.model.json_value import NumberText
from prodigy_action.model.workflow import Workflow
from tests.support.shell_parsing import load_workflow

STANDARD = b"steps:\n  - shell: echo one\n    timeout: 5m\n"


def problems_of(text: str, name: str = "w.yml") -> tuple[Diagnostic, ...]:
    with pytest.raises(InvalidInput) as caught:
        load_workflow(text.encode(), name)
    return caught.value.diagnostics


def workflow_of(text: str) -> Workflow:
    return load_workflow(text.encode(), "w.yml").workflow


def test_structural_model_and_expression_mistakes_are_reported_together_by_position() -> None:
    found = problems_of(
        "name: x\n"
        "map:\n"
        "  input: ls\n"
        "  filter: 'a =='\n"
        "  agent_template:\n"
        "    - {timeout: 5}\n"
        "    - {shell: x, retry: {attempts: 0}}\n"
        "  max_itms: 5\n"
        "error_policy: {failure_threshold: 2}\n"
    )
    assert [(d.code, d.position.line if d.position else 0) for d in found] == [
        ("expression", 4),
        ("no-command", 6),
        ("out-of-range", 7),
        ("unknown-key", 8),
        ("out-of-range", 9),
    ]


def test_warnings_alone_do_not_refuse_a_file() -> None:
    loaded = load_workflow(STANDARD + b"    tiemout: 3\n", "w.yml")
    assert [(w.severity, w.hint) for w in loaded.warnings] == [("warning", "did you mean `timeout`?")]


def test_the_digest_is_of_the_bytes() -> None:
    assert load_workflow(STANDARD, "w.yml").sha256 == hashlib.sha256(STANDARD).hexdigest()


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    loaded = load_workflow(b"\xef\xbb\xbf" + STANDARD, "w.yml")
    assert loaded.positions.position(("setup", "steps", 0, "shell")) == Position(2, 12, 20)


def test_positions_lead_from_the_model_to_the_file() -> None:
    positions = load_workflow(STANDARD, "w.yml").positions
    assert positions.position(("setup", "steps", 0, "timeout")) == Position(3, 14, 16)


def test_a_default_has_the_place_of_what_holds_it() -> None:
    positions = load_workflow(STANDARD, "w.yml").positions
    path = ("setup", "steps", 0, "capture_format")
    assert not positions.written(path)
    assert positions.position(path) == Position(2, 5, 10)


def test_numbers_of_listed_items_keep_their_text() -> None:
    workflow = workflow_of("name: x\nmap: {input: [1.0, 10], agent_template: [{shell: x}]}\n")
    assert workflow.map is not None
    assert workflow.map.items is not None
    first, second = workflow.map.items
    assert isinstance(first, NumberText)
    assert (first.text, second) == ("1.0", 10)


@pytest.mark.parametrize("word", ("yes", "on", "Yes", "TRUE", "1", "no", "off"))
def test_only_true_and_false_are_booleans(word: str) -> None:
    (problem,) = problems_of(f"steps: [{{shell: x, commit_required: {word}}}]")
    assert problem.code == "wrong-type"


def test_a_secret_in_the_file_is_not_repeated() -> None:
    (problem,) = problems_of("secrets: {TOKEN: 'ghp_abc-123'}\nsteps: [{shell: x}]")
    assert problem.source_line is None
    assert "ghp" not in problem.message


def test_a_variable_below_an_unknown_root_is_left_alone() -> None:
    assert workflow_of("steps: [{shell: 'echo ${FILE##*.} ${x:-3} ${foo.bar}'}]").setup.steps


def test_a_capture_may_hide_a_root_of_ours() -> None:
    text = "steps:\n  - {shell: x, capture: step, capture_format: json}\n  - shell: echo ${step.anything}\n"
    assert len(workflow_of(text).setup.steps) == 2


def test_a_lookalike_of_a_placeholder_is_a_warning() -> None:
    text = "name: x\nmap: {input: ls, agent_template: [{shell: 'echo ${item.path##*/}'}]}\n"
    (warning,) = load_workflow(text.encode(), "w.yml").warnings
    assert warning.position == Position(2, 49, 65)


def test_a_value_where_a_shell_must_not_read_one_is_reported_in_place() -> None:
    text = "name: x\nmap:\n  input: ls\n  agent_template:\n    - shell: eval ${item.code}\n"
    (problem,) = problems_of(text)
    assert problem.position is not None
    assert (problem.code, problem.position.line) == ("expression", 5)


def test_raw_interpolation_is_not_checked_for_quoting() -> None:
    text = "name: x\nmap:\n  input: ls\n  agent_template:\n    - {shell: 'eval ${item.code}', interpolation: raw}\n"
    assert workflow_of(text).map is not None


def test_a_file_above_the_size_limit_is_refused_before_parsing() -> None:
    (problem,) = problems_of("a: [" * 300_000)
    assert problem.code == "too-large"


def test_more_problems_than_anyone_reads_are_not_listed() -> None:
    assert len(problems_of("steps:\n" + "  - {timeout: x}\n" * 1000)) == 200


def test_a_flow_mapping_without_quotes_is_yaml() -> None:
    assert workflow_of("{steps: [{shell: x}]}").setup.steps[0].shell == "x"


def test_a_file_that_starts_like_json_is_json() -> None:
    assert workflow_of('{"steps": [{"shell": "\\ud83d\\ude00"}]}').setup.steps[0].shell == "\U0001f600"


def test_no_parser_is_imported_that_no_expression_needs() -> None:
    program = (
        "import sys; from prodigy_action.inputs.workflow_file import load_workflow;"
        "from prodigy_action.adapters.shell_parser.parser import ShfmtParser;"
        "load_workflow(b'steps: [{shell: echo done}]', 'w.yml', ShfmtParser());"
        "parsers = ('lark', 'prodigy_action.adapters.shell_parser.shfmt', 'jsonpath', 'regex');"
        "print([name for name in parsers if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
