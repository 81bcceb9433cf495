"""Texts that no shell can read are found, and nothing that a shell can read is called so."""

from __future__ import annotations

import random
import subprocess

import pytest

from tests.support.shell_parsing import find_syntax_problem

SCRIPTS = (
    "set -e\nfor f in *.txt; do\n  sed -i 's/\\bold\\b/new/g' \"$f\" || exit 1\ndone\n",
    "case \"$1\" in\n  a|b) echo 'it''s' ;;\n  *) printf '%s\\n' \"${2:-none}\" ;;\nesac\n",
    "cat > out <<'END'\ndon't \"stop\nEND\necho $(wc -l < out) `date +%s`\n",
    'if [ "$(git status --porcelain | wc -l)" -gt 0 ]; then git commit -qam "it\'s done"; fi # don\'t\n',
    'f() { echo "a $(echo "b $(echo \'c)\')")"; }\nf | tr -d \'()\' > "x y"\n',
    "awk -F, '{ if ($1 != \"\") print $1 }' <<EOF | sort\n$(cat list)\nEOF\n",
    "echo \\' \\\" a\\(b 'c\\' ; echo $((1 + (2 * 3))) ${x%%\"'\"*}\n",
)
SHELLS = ("sh", "bash")


def refused_by(shell: str, text: str) -> bool:
    done = subprocess.run([shell, "-n"], input=text.encode(), capture_output=True, check=False)
    return done.returncode != 0


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_script_that_shells_read_has_no_problem(text: str) -> None:
    assert not any(refused_by(shell, text) for shell in SHELLS)
    assert find_syntax_problem(text) is None


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    (
        ("sed -i '1i", "reached EOF without closing quote `'`", 7),
        ("echo é 'x", "reached EOF without closing quote `'`", 7),
        ('echo "x', 'reached EOF without closing quote `"`', 5),
        ("echo `date", 'reached EOF without closing quote "`"', 5),
        ("echo $(date", "reached EOF without matching `$(` with `)`", 5),
        ("(cd sub && make", "reached EOF without matching `(` with `)`", 0),
        ("echo ${item} 'x", "reached EOF without closing quote `'`", 13),
    ),
)
def test_what_every_shell_refuses_is_certain(text: str, reason: str, position: int) -> None:
    problem = find_syntax_problem(text, frozenset({"item"}))
    assert problem is not None
    assert (problem.reason, problem.position, problem.certain) == (reason, position, True)
    assert all(refused_by(shell, text.replace("${item}", "x")) for shell in SHELLS)


def test_what_is_called_certain_is_refused_by_sh_and_bash() -> None:
    source = random.Random(7)  # noqa: S311  # repeatable choices
    certain = 0
    for _ in range(400):
        text = source.choice(SCRIPTS)
        at = source.randrange(len(text))
        changed = text[:at] + source.choice(("", "'", '"', "(", ")", "`", "\n", "\\")) + text[at + 1 :]
        problem = find_syntax_problem(changed)
        if problem is not None and problem.certain:
            certain += 1
            assert all(refused_by(shell, changed) for shell in SHELLS), changed
    assert certain > 50
