"""The made-up runner's expressions agree with GitHub's documentation of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.runner.expressions import evaluate, render

CONTEXTS = {
    "needs": {"plan": {"outputs": {"base-sha": "abc", "matrix": '{"include":[]}'}, "result": "success"}},
    "github": {"run_attempt": "2"},
    "inputs": {"push": "Head", "count": 0},
}
FUNCTIONS = {"always": lambda: True, "cancelled": lambda: False}


@pytest.mark.parametrize(
    ("expression", "value"),
    (
        ("needs.plan.outputs.base-sha", "abc"),
        ("needs.map.outputs.x", None),
        ("needs.plan.outputs.nothing || 'other'", "other"),
        ("'' && 'never' || 'else'", "else"),
        ("github.run_attempt > 1", True),
        ("github.run_attempt == 2", True),
        ("inputs.push != 'none' && inputs.push == 'head'", True),
        ("!cancelled() && needs.plan.result == 'success'", True),
        ("!(always() && inputs.count)", True),
        ("'it''s'", "it's"),
        ("""needs.plan.outputs.matrix != '{"include":[]}'""", False),
    ),
)
def test_an_expression_has_its_value(expression: str, value: Any) -> None:
    assert evaluate(expression, CONTEXTS, FUNCTIONS) == value


def test_expressions_stand_in_texts() -> None:
    assert render("a-${{ needs.plan.outputs.base-sha }}-${{ github.run_attempt }}", CONTEXTS, {}) == "a-abc-2"
    assert render("${{ inputs.count }}", CONTEXTS, {}) == 0
    assert render("""${{ needs.plan.outputs.matrix != '{"include":[]}' }}""", CONTEXTS, {}) is False
    assert render("plain", CONTEXTS, {}) == "plain"


@pytest.mark.parametrize("expression", ("a b", "'open", "a ==", "a @ b"))
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        evaluate(expression, CONTEXTS, FUNCTIONS)
