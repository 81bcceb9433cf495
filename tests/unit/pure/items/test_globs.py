"""Globs of files, and texts that are globs."""

from __future__ import annotations

import pytest

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.items.globs import begins_with_glob, filled_globs, globs_of, matching

PATHS = (
    "a.py",
    "b.txt",
    ".hidden.py",
    "src/a.py",
    "src/deep/er/b.py",
    "src/.dot/c.py",
    "app/[id].tsx",
    "app/i.tsx",
    "x y/z.md",
)


@pytest.mark.parametrize(
    ("globs", "expected"),
    (
        (["*.py"], ["a.py"]),
        (["./*.py"], ["a.py"]),
        ([".*.py"], [".hidden.py"]),
        (["**/*.py"], ["a.py", "src/a.py", "src/deep/er/b.py"]),
        (["src/**"], ["src/a.py", "src/deep/er/b.py"]),
        (["src/**/b.py"], ["src/deep/er/b.py"]),
        (["src/*"], ["src/a.py"]),
        (["src/*/"], ["src/deep"]),
        (["**/"], ["app", "src", "src/deep", "src/deep/er", "x y"]),
        (["?.py", "b.*"], ["a.py", "b.txt"]),
        (["[!b].py"], ["a.py"]),
        (["[a-b].*"], ["a.py", "b.txt"]),
        (["app/[id].tsx"], ["app/i.tsx"]),
        ([r"app/\[id].tsx"], ["app/[id].tsx"]),
        (["{a,b}.{py,txt}"], ["a.py", "b.txt"]),
        (["src/{a,deep/er/b}.py"], ["src/a.py", "src/deep/er/b.py"]),
        (["x y/*.md"], ["x y/z.md"]),
        (["nothing/*"], []),
        (["a.py"], ["a.py"]),
        (["*.(py)"], []),
        (["[z-a].py"], []),
        (["[--0b].txt"], ["b.txt"]),
        (["src[--9]a.py"], []),
    ),
)
def test_a_glob_matches_as_in_a_shell(globs: list[str], expected: list[str]) -> None:
    assert matching(PATHS, globs) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("scripts/*.sh", ("scripts/*.sh",)),
        (" src/**/*.py lib/a.py ", ("src/**/*.py", "lib/a.py")),
        ("[ab].txt", ("[ab].txt",)),
        ("ls *.txt", ()),
        ("scripts/*.sh | sort", ()),
        ("./bin/tool* --list", ()),
        ("[ -f x ]", ()),
        ("items.json", ()),
        ("echo $((2*3))", ()),
        ("", ()),
    ),
)
def test_a_text_is_a_glob_when_a_shell_would_run_what_it_matches(text: str, expected: tuple[str, ...]) -> None:
    assert globs_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("${dir}/*.py", ("a\\*b c/*.py",)),
        ("$dir/*.py lib/$dir", ("a\\*b c/*.py", "lib/a\\*b c")),
        ("${other:-src}/*.py", ("src/*.py",)),
        ("./${dir}.txt other.txt", ()),
        ("${unknown}/*.py", ()),
        ("*.py $(ls)", ()),
    ),
)
def test_values_make_no_globs_and_no_words(text: str, expected: tuple[str, ...]) -> None:
    values = {"dir": "a*b c"}
    assert filled_globs(globs_of(text, values), values) == expected


def test_a_command_that_begins_with_a_glob_is_known() -> None:
    assert begins_with_glob("scripts/*.sh | sort")
    assert begins_with_glob("./bin/tool* --list")
    assert not begins_with_glob("ls *.txt")
    assert not begins_with_glob("[ -f x ] && echo x")


def test_braces_of_a_hostile_glob_are_bounded() -> None:
    with pytest.raises(ExpressionError, match="stand for more than 1,000 globs"):
        matching(["a"], ["{a,b}" * 40])
    assert matching(["f999"], ["{" + ",".join(f"f{n}" for n in range(1000)) + "}"]) == ["f999"]
