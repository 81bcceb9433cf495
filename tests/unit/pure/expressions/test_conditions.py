"""`when`: conditions on variables."""

import pytest

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue, NumberText
from prodigy_action.pure.expressions.conditions import Condition

VARIABLES: dict[str, JsonValue] = {
    "flag": True,
    "off": False,
    "flag_text": "true",
    "off_text": "false",
    "zero_text": "0",
    "nothing": None,
    "empty": "",
    "coverage": "85",
    "ratio": NumberText("0.50"),
    "env": "production",
    "item": {"score": 7, "tags": ["a", "b"]},
    "build": "text of build",
    "build.success": True,
    "build.exit_code": 0,
    "result": {"data": {"status": "ok"}},
    "no-list": [],
}


@pytest.mark.parametrize(
    "text",
    (
        "${flag}",
        "flag",
        "true",
        "!off && !off_text && !zero_text && !nothing && !empty && !unknown && !no-list",
        "${flag} == true",
        "${flag_text} == true && ${off_text} != true",
        "${coverage} >= 80",
        "${coverage} == 85 and ${coverage} == '85'",
        "${ratio} < 1",
        "${env} == 'production'",
        '${env} == "production"',
        "env == production",
        "'${env}' == 'production'",
        "env in ['staging', production] && coverage in [85]",
        "env != staging",
        "${build.success} && ${build.exit_code} == 0",
        "build contains 'text'",
        "${result.data.status} == 'ok' and result.data.status == ok",
        "${item.score} > 5 && ${item.tags[0]} == 'a' && item.tags contains 'b'",
        "${env.exists} && ${nothing.exists} && !${unknown.exists} && !unknown.exists",
        "${result.data.status.exists} && !${result.data.nope.exists}",
        "${unknown} == null && ${unknown:-5} == 5 && ${unknown|default:x} == 'x'",
        "${coverage} == coverage",
        "(${off} || ${flag}) && NOT ${off}",
        "${env} ~= '^prod'",
    ),
)
def test_a_condition_that_holds(text: str) -> None:
    assert Condition.parse(text).evaluate(VARIABLES)


@pytest.mark.parametrize(
    "text", ("unknown", "${unknown.deep.path}", "${unknown} > 3", "${env} > 3", "'false'", "${item.nope}", "false")
)
def test_a_condition_that_does_not_hold(text: str) -> None:
    assert not Condition.parse(text).evaluate(VARIABLES)


@pytest.mark.parametrize(
    ("text", "message", "start"),
    (
        ("${a} &&", "the expression ends too early", 7),
        ("${a} == 'x${b}'", "a variable inside quoted text", 8),
        ("${a..b}", "unreadable variable 'a..b'", 0),
        ("${a} = = 1", "unexpected '='", 7),
        ("sucess(a)", "unknown function 'sucess'", 0),
        ("  ", "the expression is empty", 0),
    ),
)
def test_a_wrong_condition_is_reported_in_place(text: str, message: str, start: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        Condition.parse(text)
    assert (caught.value.message, caught.value.start) == (message, start)


def test_a_dotted_variable_wins_over_a_field_of_a_shorter_one() -> None:
    condition = Condition.parse("${a.b} == 1")
    assert condition.evaluate({"a.b": 1, "a": {"b": 2}})
    assert condition.evaluate({"a": {"b": 1}})


def test_a_bare_word_on_the_right_is_a_variable_when_there_is_one() -> None:
    condition = Condition.parse("left == right")
    assert condition.evaluate({"left": "right"})
    assert condition.evaluate({"left": 1, "right": 1})
    assert not condition.evaluate({"left": "right", "right": 1})


@pytest.mark.parametrize("text", ("${a} && !b || c.exists", "x == y", "${x:-5} >= 3", "${a['b c'][0]} contains 'x'"))
def test_the_text_of_a_condition_reads_back_as_the_condition(text: str) -> None:
    condition = Condition.parse(text)
    assert Condition.parse(str(condition)) == condition
