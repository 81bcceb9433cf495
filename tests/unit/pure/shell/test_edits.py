"""What a shell text changes in its directory, as far as its words show it."""

from __future__ import annotations

import pytest

from prodigy_action.inputs.checks.lost_changes import MARKERS
from prodigy_action.pure.shell.edits import EDITORS, WRITERS, find_edits, may_commit

CHANGES = {
    'echo "${item.n}" > "new-${item.n}.txt"': "> new-${item.n}.txt",
    "sed -i 's/a/b/' -- \"${item}\"": "sed -i",
    "sed -Ei.bak 's/a/b/' f": "sed -Ei.bak",
    "perl -pi -e s/a/b/ x": "perl -pi",
    'find . -name "*.py" | xargs sed -i s/a/b/': "sed -i",
    'for f in *.py; do sed -i s/a/b/ "$f"; done': "sed -i",
    "cat > f.py <<EOF\nx\nEOF": "> f.py",
    "make 2>&1 | tee report.txt": "tee",
    "cp a b": "cp",
    'tmp=$(mktemp); jq . "${item}" > "$tmp" && mv "$tmp" "${item}"': "mv",
    'ruff format "${item}"': "ruff format",
    "ruff check --fix .": "ruff --fix",
    'npx prettier --write "${item.path}"': "prettier --write",
    "python -m black .": "black",
    "cargo fmt": "cargo fmt",
    'if [ -e f ]; then git rm -q "${item}"; fi': "git rm",
    "cmd &> all.txt": "> all.txt",
}
READS = (
    'test -f "${item}"',
    "sed -n 1p f",
    "grep '>' f",
    'test "$a" \\> b',
    "[[ a > b ]] && echo x",
    "echo $((3 > 2)); (( ${item.n} > 1 ))",
    "awk '$1 > 3' f",
    'echo "it > is"',
    "make test > /dev/null 2>&1; echo done >&2",
    'check > "$TMPDIR/out"; echo a=b >> "$GITHUB_OUTPUT"',
    "make test > test.log; make > build/out.txt",
    "cd /tmp && echo a > b",
    'cd "$(mktemp -d)" && echo a > b',
    "echo a > x; cat x; rm x",
    'tmp=$(mktemp); sed -i s/a/b/ "$tmp"; cp f /tmp/f',
    "ruff check .; ruff format --check .; black --diff .; cargo fmt --check; prettier --check .",
    "python - <<EOF\nif a > b: pass\nEOF",
    "# echo > x\ntrue",
    "diff <(a) <(b)",
    "echo 'an open quote > x",
)


@pytest.mark.parametrize(("text", "what"), CHANGES.items())
def test_a_text_that_changes_files_shows_what_does_it(text: str, what: str) -> None:
    found = find_edits(text)
    assert found[0].what == what
    assert text[found[0].start : found[0].end].strip() != ""


@pytest.mark.parametrize("text", READS)
def test_a_text_that_only_reads_changes_nothing(text: str) -> None:
    assert find_edits(text) == []


@pytest.mark.parametrize(
    ("text", "may"),
    (
        ("git commit -qam x", True),
        ("git -c user.name=x cherry-pick abc", True),
        ("git checkout -- .", True),
        ("./release.sh", True),
        ("bash tools/x.sh", True),
        ("bash -c 'echo a > b'", False),
        ("make fix && python fix.py", False),
        ("git add -A", False),
    ),
)
def test_scripts_and_commands_of_git_may_commit(text: str, may: bool) -> None:
    assert may_commit(text) is may


def test_every_program_that_writes_is_known_to_the_quick_look() -> None:
    assert [name for name in (*EDITORS, *WRITERS) if not any(marker in name for marker in MARKERS)] == []
