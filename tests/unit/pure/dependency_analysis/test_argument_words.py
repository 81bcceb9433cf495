from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.pure.dependency_analysis.argument_words import ArgumentWord, read_argument
from prodigy_action.pure.shell.syntax.standing import as_bytes
from prodigy_action.pure.shell.syntax.tree import Call, Statement, Word
from tests.support.shell_parsing import parsed


def argument(text: str) -> ArgumentWord | None:
    """The one argument that a command has when `text` is written behind its name; None when it has not just one."""
    script = f"set {text}"
    (tree,) = parsed([script]).values()
    match tree.statements:
        case [Statement(command=Call(words=(_, Word() as word), assignments=()), redirects=(), background=False)]:
            return None if tree.comments else read_argument(as_bytes(script), word)
        case _:
            return None


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
    word = argument(text)
    assert word is not None
    assert word.literal == value


@pytest.mark.parametrize("text", ("$A", '"$A"', "a$(b)", "`b`", "~", "~/x", "a=~/x", "{a,b}", "'${a}'", "$'a'", "$?"))
def test_a_word_that_is_known_only_at_run_time_is_dynamic(text: str) -> None:
    word = argument(text)
    assert word is not None
    assert word.dynamic
    assert word.literal is None


@pytest.mark.parametrize(
    ("text", "directory"), (("*", "."), ("d/*", "d/"), ("d/e*/f", "d/"), ("'d e'/[ab]", "d e/"), ("/tmp/?", "/tmp/"))
)
def test_a_glob_has_a_fixed_directory(text: str, directory: str) -> None:
    word = argument(text)
    assert word is not None
    assert word.glob
    assert word.directory == directory


@pytest.mark.parametrize("text", ("a;b", "a&", "a|b", "a(b)", "a b", "'a", '"a'))
def test_a_text_that_is_no_single_word_is_none(text: str) -> None:
    assert argument(text) is None


@settings(max_examples=150)
@given(st.lists(st.sampled_from(list("abz/.-_~={}$'\"\\*?[] \n;&|(`#")), max_size=7).map("".join))
def test_a_literal_word_is_what_the_shell_makes_of_it(text: str) -> None:
    word = argument(text)
    if word is None or word.literal is None:
        return
    script = f'set -- {text}\nprintf \'%s\\n\' "$#" "$1."'
    done = subprocess.run([SHELL, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == (f"1\n{word.literal}.\n" if text.replace("\\\n", "") else "0\n.\n")
