from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.pure.dependency_analysis.argument_words import scan_word

SHELL = shutil.which("dash") or "/bin/sh"


@pytest.mark.parametrize(
    ("text", "value"),
    (
        ("a", "a"),
        ("'a b'", "a b"),
        ('"a b"', "a b"),
        ("a\\ b", "a b"),
        ("a'b'\"c\"d", "abcd"),
        ("'a'\\''b'", "a'b"),
        ('"\\$A \\x"', "$A \\x"),
        ("'$A'", "$A"),
        ("a$", "a$"),
        ("a\\\nb", "ab"),
        ("a~", "a~"),
        ('"~"', "~"),
        ("'*'", "*"),
        ("''", ""),
    ),
)
def test_a_literal_word_has_its_value(text: str, value: str) -> None:
    assert scan_word(text).literal == value


@pytest.mark.parametrize("text", ("$A", '"$A"', "a$(b)", "`b`", "~", "~/x", "a=~/x", "{a,b}", "'${a}'", "$'a'", "$?"))
def test_a_word_that_only_running_resolves_is_dynamic(text: str) -> None:
    word = scan_word(text)
    assert word.dynamic
    assert word.literal is None


@pytest.mark.parametrize(
    ("text", "directory"), (("*", "."), ("d/*", "d/"), ("d/e*/f", "d/"), ("'d e'/[ab]", "d e/"), ("/tmp/?", "/tmp/"))
)
def test_a_glob_has_a_fixed_directory(text: str, directory: str) -> None:
    word = scan_word(text)
    assert word.glob
    assert word.directory == directory


@pytest.mark.parametrize("text", ("a;b", "a&", "a|b", "a(b)", "a b", "'a", '"a'))
def test_a_text_that_is_no_single_word_is_odd(text: str) -> None:
    assert scan_word(text).odd


@settings(max_examples=150)
@given(st.lists(st.sampled_from(list("abz/.-_~={}$'\"\\*?[] \n;&|(`#")), max_size=7).map("".join))
def test_a_literal_word_is_what_the_shell_makes_of_it(text: str) -> None:
    word = scan_word(text)
    if word.literal is None or text.startswith("#"):
        return
    script = f'set -- {text}\nprintf \'%s\\n\' "$#" "$1."'
    done = subprocess.run([SHELL, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == (f"1\n{word.literal}.\n" if text.replace("\\\n", "") else "0\n.\n")
