"""The language of a repository is that of most of its files; documents count only where there is no code."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.starter.languages import LANGUAGES, main_language

ENDINGS = {ending: language for language in LANGUAGES for ending in language.endings}


def test_no_ending_belongs_to_two_languages() -> None:
    assert len(ENDINGS) == sum(len(language.endings) for language in LANGUAGES)


@given(st.lists(st.sampled_from(sorted(ENDINGS)), min_size=1, max_size=30))
def test_no_other_language_has_more_files(endings: list[str]) -> None:
    found = main_language(f"dir/{number}.{ending}" for number, ending in enumerate(endings))
    counts = {language: sum(ENDINGS[ending] is language for ending in endings) for language in LANGUAGES}

    assert found is not None
    code = [count for language, count in counts.items() if language.name != "Markdown"]
    assert counts[found] == (max(code) or len(endings))


def test_documents_do_not_hide_code() -> None:
    language = main_language(["a.md", "b.md", "c.md", "d.go"])
    assert language is not None
    assert language.name == "Go"


def test_the_case_of_an_ending_does_not_matter() -> None:
    language = main_language(["README.MD"])
    assert language is not None
    assert language.name == "Markdown"


@given(st.lists(st.sampled_from(["LICENSE", "a.unknown", ".py", "py", "x.", "..", "data.json"]), max_size=5))
def test_files_without_a_known_ending_have_no_language(names: list[str]) -> None:
    assert main_language(names) is None
