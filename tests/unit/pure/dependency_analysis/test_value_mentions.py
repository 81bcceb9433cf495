from __future__ import annotations

import pytest

from prodigy_action.pure.dependency_analysis.value_mentions import find_expression_mentions, find_mentions, mark_values
from prodigy_action.pure.shell.syntax.tree import Span


@pytest.mark.parametrize(
    "text",
    ("${item.a}", "${a[0].b}", "${a.b:-c d}", "${x|default:y}", "${step.files:json}", "${step.files_added:*.md}"),
)
def test_a_value_that_only_we_understand_is_marked_and_comes_back(text: str) -> None:
    marked = mark_values(f'echo "{text}"')
    assert text not in marked.text
    ((start, end),) = marked.tokens
    assert len(marked.text) == len(marked.shown)
    assert marked.written(Span(start, end)) == text


@pytest.mark.parametrize("text", ("${A}", "${A:-3}", "${FILE##*.}", "$A", "${#A}", "${A[@]}", "$(x)"))
def test_what_the_shell_understands_is_left(text: str) -> None:
    assert mark_values(text).text == text


def test_mentions_are_found_in_any_quotes() -> None:
    assert find_mentions("echo $A '${B.stderr}' \"${C:-x}\" ${#D} ${item.e}").names == {"A", "B", "C", "D"}


def test_bare_names_count_in_expressions() -> None:
    mentions = find_expression_mentions("ready && ${shell.output} == 'x'")
    assert "ready" in mentions.names
    assert mentions.previous_output


@pytest.mark.parametrize("text", ("${workflow.commits}", "${step.files_added:*.md}"))
def test_the_git_context_is_noticed(text: str) -> None:
    assert find_mentions(text).git_context


def test_names_that_resemble_ours_are_not_ours() -> None:
    mentions = find_mentions("$shell $workflow ${lastly.x}")
    assert not mentions.previous_output
    assert not mentions.git_context
