from __future__ import annotations

import pytest

from prodigy_action.pure.dependency_analysis.worktree_paths import PathSet
from tests.support.shell_parsing import read_footprint

ROOT = ""


def reads(text: str, *, working_dir: str = "") -> set[str]:
    footprint = read_footprint(text, working_dir=working_dir)
    assert footprint.barrier is None
    return set(footprint.path_reads)


def writes(text: str, *, working_dir: str = "") -> set[str]:
    footprint = read_footprint(text, working_dir=working_dir)
    assert footprint.barrier is None
    return set(footprint.path_writes)


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("cat f", {"f"}),
        ("cat ./f", {"f"}),
        ("cat d//f", {"d/f"}),
        ("cat d/./f/", {"d/f"}),
        ("cat 'a b' \"c d\" e\\ f g'h'\"i\"", {"a b", "c d", "e f", "ghi"}),
        ("cat F", {"f"}),
        ("cat \u00c9", {"\u00e9"}),
        ("cat E\u0301", {"\u00e9"}),
        ("cat a/../b", {"a", "b"}),
        ("cat -- -n", {"-n"}),
        ("cat -n f", {"f"}),
        ("cat < f", {"f"}),
        ("cat /dev/null < /dev/stdin", set()),
        ("echo *.txt", {ROOT}),
        ("echo d/*.txt", {"d"}),
        ("cat d/e/[ab]?", {"d/e"}),
        ("cat '*.txt'", {"*.txt"}),
        ("echo $A", {ROOT}),
        ('echo "$A"', set()),
        ("for f in d/*; do :; done", {"d"}),
        ("for f in $LIST; do :; done", {ROOT}),
        ('X="$(cat f)"', {"f"}),
        ("echo `cat f`", {"f", ROOT}),
        ('echo "${A:-$(cat f)}"', {"f"}),
        ("cat <<EOF\n$(cat f)\nEOF", {"f"}),
        ("cat <<'EOF'\n$(cat f)\nEOF", set()),
        ("cat <<-EOF\n\tx $(cat f)\n\tEOF\ncat g", {"f", "g"}),
        ("cat <<A\nx\nA\ncat <<'B'\n$(cat f)\nB\ncat g\n", {"g"}),
        ("\n\n  cat f  \n\n", {"f"}),
        ("cat <<EOF | sort g\nx\nEOF", {"g"}),
        ("[ -f f ]", {"f"}),
        ("test ! -e f", {"f"}),
        ("[ f -nt g ]", {"f", "g"}),
        ("[[ -d f ]]", {"f"}),
        ("while read -r x; do :; done < f", {"f"}),
        ("if test -s f; then cat g; else cat h; fi", {"f", "g", "h"}),
        ("case x in a) cat f;; *) cat g;; esac", {"f", "g"}),
        ("(cat f); { cat g; }", {"f", "g"}),
        ("cat f && cat g || cat h", {"f", "g", "h"}),
        ("! cat f", {"f"}),
        ("grep -rn x", {ROOT}),
        ("grep x f", {"f"}),
        ("grep -e x -f p f", {"p", "f"}),
        ("head -5 f", {"f"}),
        ("jq --arg n \"$N\" --slurpfile s g '.a' f", {"f", "g"}),
        ("sort -t: -k1,1 f", {"f"}),
        ("touch -r ref f", {"ref"}),
        ("cp a b d", {"a", "b"}),
        ("cp -t d a b", {"a", "b"}),
        ("uniq f g", {"f"}),
        ("ls", {ROOT}),
        ("date -r f +%s", {"f"}),
        ("set -eu\nset -o pipefail\ncat f", {"f"}),
        ("cat f # rm -rf /", {"f"}),
        ("sort f \\\n  -u", {"f"}),
        ("cat f\\\ng", {"fg"}),
        ("cat <<EOF\n`cat f`\nEOF", {"f"}),
        ("cat <<EOF - f\nx\nEOF", {"-", "f"}),
        ("cat <<A <<B\n$(cat f)\nA\ny\nB\ncat g", {"f", "g"}),
        ("cat <<'E F'\n$(cat f)\nE F\ncat g", {"g"}),
    ),
)
def test_paths_read(text: str, expected: set[str]) -> None:
    assert reads(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("echo x > f", {"f"}),
        ("echo x > f g", {"f"}),
        ("echo x >> f 2> g", {"f", "g"}),
        ("echo x >| f", {"f"}),
        ("> f", {"f"}),
        ("echo x > /dev/null 2>&1", set()),
        ("(echo x; echo y) > f", {"f"}),
        ("for i in 1 2; do echo x; done > f", {"f"}),
        ("cat <<EOF > f\nx\nEOF", {"f"}),
        ("cat > f <<EOF\nx\nEOF", {"f"}),
        ("mkdir d", {"d"}),
        ("mkdir -p a/b/c", {"a"}),
        ("mkdir -p a/../b", {"a", "b"}),
        ("touch a b", {"a", "b"}),
        ("cp a b d", {"d"}),
        ("cp -r a b", {"b"}),
        ("cp a .", {ROOT}),
        ("cp -t d a", {"d"}),
        ("mv a b", {"a", "b"}),
        ("rm -rf d", {"d"}),
        ("rm d/*", {"d"}),
        ("rm *", {ROOT}),
        ("sort *", {ROOT}),
        ("tee -a f g", {"f", "g"}),
        ("sort -o f g", {"f"}),
        ("sort -ruof g", {"f"}),
        ("sort g --output=f", {"f"}),
        ("uniq f g", {"g"}),
        ("uniq f", set()),
        ("chmod +x f", {"f"}),
        ("true && { false || echo x > f; }", {"f"}),
        ("echo $(touch f)", {"f"}),
    ),
)
def test_paths_written(text: str, expected: set[str]) -> None:
    assert writes(text) == expected


def test_paths_are_seen_from_the_working_directory() -> None:
    assert reads("cat f ../g", working_dir="d/e") == {"d/e", "d/e/f", "d/g"}
    assert writes("mkdir -p x/y", working_dir="d") == {"d"}


@pytest.mark.parametrize(
    ("text", "read", "written"),
    (
        ("echo $A", {"A"}, set()),
        ("B=1", set(), {"B"}),
        ("B=$A C=2", {"A"}, {"B", "C"}),
        ("A=1 sort", set(), {"A"}),
        ("export A=1 B", set(), {"A", "B"}),
        ("readonly A=1", set(), {"A"}),
        ("unset A", set(), {"A"}),
        ("A+=1", {"A"}, {"A"}),
        ('echo "${A:-x}${#B}${C%.*}"', {"A", "B", "C"}, set()),
        ('echo "${A:=x}"', {"A"}, {"A"}),
        ("read -r A B", set(), {"A", "B"}),
        ('for A in x; do echo "$A"; done', {"A"}, {"A"}),
        ("cat <<EOF\n$A\nEOF", {"A"}, set()),
        ("cat <<'EOF'\n$A\nEOF", set(), set()),
        ('cat <<< "$A"', {"A"}, set()),
        ("echo '$A' \"$1 $? $#\"", set(), set()),
        ('[ -n "$A" ]', {"A"}, set()),
        ('echo "$(echo "$A")"', {"A"}, set()),
        ('case "$A" in x) :;; esac', {"A"}, set()),
    ),
)
def test_variables_read_and_set(text: str, read: set[str], written: set[str]) -> None:
    footprint = read_footprint(text)
    assert footprint.barrier is None
    assert set(footprint.variable_reads) == read
    assert set(footprint.variable_writes) == written


@pytest.mark.parametrize(
    "text",
    (
        "gen",
        "./jq .",
        "/bin/cat f",
        "git status",
        "eval 'cat f'",
        ". ./f",
        "source f",
        "cd d",
        "(cd d && cat f)",
        "exec cat f",
        "command cat f",
        "env cat f",
        "xargs rm < f",
        "find . -delete",
        "sed -i s/a/b/ f",
        "awk 1 f",
        "$CMD f",
        '"$CMD" f',
        "ca${T} f",
        "trap 'rm f' EXIT",
        "wait",
        "time cat f",
        "f() { cat f; }",
        "function f { :; }",
        "cat() { rm f; }; cat f",
        "alias cat=rm",
        "sleep 1 &",
        "cat f & wait",
        "cat $F",
        'cat "$F"',
        'cat "d/$F"',
        "cat > $F",
        "echo x > $F",
        "cat d/$F/*",
        "cat f$(echo x)",
        "cat ~/f",
        "cat ~",
        "cat a{1,2}",
        "touch f{1..3}",
        "cat /etc/hosts",
        "echo x > /tmp/f",
        "cat ../f",
        "cat a/../../f",
        "cat --help",
        "sort --outpu=f g",
        "sort --files0-from=f",
        "head -f f",
        "tail -f f",
        "cp -l a b",
        "cp -s a b",
        "cp --backup a b",
        "date -s tomorrow",
        "date 01010000",
        "grep -R x d",
        "grep --color x f",
        'grep "$PATTERN" f',
        "grep $OPTIONS x f",
        'sort -o "$F" g',
        "sort -o",
        "jq -f program f",
        "jq 'import \"m\" as m; .' f",
        "jq -n env.HOME",
        "jq -n '$ENV.A'",
        'jq ".$FIELD" f',
        "jq -L d . f",
        "jq --args . f",
        "printf -v A x",
        'printf "$FORMAT" x',
        "printf '%n' A",
        "read -p x A",
        "set -- a b",
        'set "$A"',
        "export $A",
        'export "$A"',
        "export A=$B",
        "export -n A",
        "declare -i A=1",
        "local A=1",
        "unset -f A",
        "PATH=. cat f",
        "export PATH=d",
        "read -r PATH < f",
        "LD_PRELOAD=./x.so cat f",
        "BASH_ENV=f cat f",
        "for PATH in d; do :; done",
        'echo "${PATH:=d}"',
        "A=(1 2)",
        "A[1]=2",
        'echo "${A[@]}"',
        'echo "${!A}"',
        'echo "${A@P}"',
        'echo "${A:1:2}"',
        'echo "$@"',
        "cat $*",
        "echo $((A + 1))",
        "echo $(($(echo 1) + 1))",
        "((A = 1))",
        "let A=1",
        "for ((i = 0; i < 3; i++)); do :; done",
        "select x in a; do :; done",
        "diff <(cat a) <(cat b)",
        "cat f |& tee g",
        "echo x &> f",
        "echo x >& f",
        "coproc cat",
        "[[ $A -eq 1 ]]",
        "[[ -f f && -f g ]]",
        "[[ a > f ]]",
        '[ -f "$F" ]',
        '[ -n "$A" -a -f f ]',
        "[ -v A ]",
        "test -N f",
        "echo $'f'",
        'cat $"f"',
        "cat <<EOF\nx\nEOF \nrm f",
        "export A=*",
        "cat f\r\n",
        "cat f\u00a0g\x0bh",
        "cat 'f",
        "if true; then",
        "cat f)",
        "echo \\$(cat f)",
    ),
)
def test_what_is_not_certain_is_a_barrier(text: str) -> None:
    assert read_footprint(text).barrier is not None


@pytest.mark.parametrize(
    "text",
    (
        "cat ${item.path}",
        'cat "${item.path}"',
        "cat '${item.path}'",
        "cat '${NAME}'",
        'echo x > "out/${item_id}"',
        "echo x > out/${item.name}.txt",
        "${item.program} f",
        "cat d/'${map.results[0].item}'",
    ),
)
def test_a_value_of_ours_in_a_path_is_a_barrier(text: str) -> None:
    assert read_footprint(text).barrier is not None


@pytest.mark.parametrize(
    "text",
    (
        'echo "${item.a.b[0].c}" "${x|default:y}" "${step.files_added:*.md}" "${workflow.commits:json}"',
        "echo '${map.total}' > f",
        "cat <<'EOF' > f\n${map.results_json}\nEOF",
        'jq --arg n "${item.name:-none}" . f',
    ),
)
def test_a_value_of_ours_as_text_is_understood(text: str) -> None:
    assert read_footprint(text).barrier is None


def test_the_reason_of_a_barrier_shows_the_text_as_written() -> None:
    assert read_footprint('cat "${item.path}"').barrier == "'\"${item.path}\"' may be any path or an option of 'cat'"
    assert read_footprint("npm ci").barrier == "what 'npm' reads and writes is not known"


@pytest.mark.parametrize(
    ("text", "barrier"),
    (
        ("cat link", True),
        ("cat link/f", True),
        ("cat LINK", True),
        ("cat d/inner/f", True),
        ("rm -r d", True),
        ("cat d/*", True),
        ("echo x > d/../link", True),
        ("cat d/other", False),
        ("cat linked", False),
        ("echo $A", False),
    ),
)
def test_a_symbolic_link_on_the_way_or_below_is_a_barrier(text: str, barrier: bool) -> None:
    footprint = read_footprint(text, symlinks=PathSet(["link", "d/inner"]))
    assert (footprint.barrier is not None) is barrier
