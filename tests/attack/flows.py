"""Ways on which a value that was placed safely may become code later: carriers × sinks, run by a real shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.shell.flows.find import find_flows
from prodigy_action.pure.shell.safety.compile import compile_shell
from prodigy_action.pure.shell.safety.compiled import Interpreter
from prodigy_action.pure.shell.syntax.standing import standing_text
from prodigy_action.pure.templates.interpolation import mentioned_roots
from tests.support.shell_parsing import PARSER

ROOTS = frozenset({"item", "item_id", "item_index", "item_total", "item_json", "shell", "map", "merge", "error"})
V = '"${item.v}"'
CARRIERS = (
    f"n={V}; SINK",
    f"read -r n <<< {V}; SINK",
    "read -r n <<EOF\n${item.v}\nEOF\nSINK",
    f"printf '%s\\n' {V} | while read -r n; do SINK; done",
    f"for n in {V}; do SINK; done",
    f"n=$(echo {V}); SINK",
    f"n=$(printf %s {V} | cat); SINK",
    f"n=$(cat <<< {V}); SINK",
    f"n=`printf %s {V}`; SINK",
    f'a=({V}); n="${{a[0]}}"; SINK',
    f'a+=(x {V}); for n in "${{a[@]}}"; do SINK; done',
    f'declare -A m; m[k]={V}; n="${{m[k]}}"; SINK',
    f"f() {{ echo {V}; }}; n=$(f); SINK",
    f'x={V}; f() {{ printf %s "$x"; }}; n=$(f | cat); SINK',
    f'f() {{ n="$1"; }}; f {V}; SINK',
    f'f() {{ local n="$2"; SINK; }}; f a {V}',
    f'f() {{ shift; n="$1"; SINK; }}; f a {V}',
    f'set -- a {V}; n="$2"; SINK',
    f"set -- {V}; for n; do SINK; done",
    f'mapfile -t a <<< {V}; n="${{a[0]}}"; SINK',
    f"printf %s {V} > carried; n=$(cat carried); SINK",
    f"printf %s {V} > ./carried; n=$(< carried); SINK",
    f"echo {V} > carried; read -r n < carried; SINK",
    f"echo {V} > carried; while read -r n; do SINK; done < carried",
    f"{{ echo {V}; }} > carried; read -r n < carried; SINK",
    f"printf %s {V} | tee carried > /dev/null; n=$(cat carried); SINK",
    "cat > carried <<EOF\n${item.v}\nEOF\nn=$(head -n1 carried); SINK",
    f"printf -v n %s {V}; SINK",
    f"declare -n r=n; r={V}; SINK",
    f"f() {{ local -n out=$1; out={V}; }}; f n; SINK",
    f'while getopts a: o -a {V}; do n="$OPTARG"; done; SINK',
    f"read -r n < <(echo {V}); SINK",
    ': "${n:=${item.v}}"; SINK',
    f"exec 3<<< {V}; read -r n <&3; SINK",
    f"n=$( (echo {V}) ); SINK",
    f"n=$(echo {V} | sed 's/^//'); SINK",
    f"declare n={V}; SINK",
    f"read -r <<< {V}; n=$REPLY; SINK",
    f'[[ {V} =~ (.*) ]]; n="${{BASH_REMATCH[1]}}"; SINK',
    f': {V}; n="$_"; SINK',
    f"export n={V}; bash -c 'SINK'",
    f"printf %s {V} | xargs -0 bash -c 'n=\"$0\"; SINK'",
    f"printf '%s\\0' {V} | xargs -0 -I@ bash -c 'n=\"$1\"; SINK' _ @",
    f"bash -c 'n=\"$1\"; SINK' _ {V}",
    f"find . -maxdepth 0 -exec bash -c 'n=\"$1\"; SINK' _ {V} \\;",
    f"f() {{ n=$(cat); SINK; }}; echo {V} | f",
    f"{{ read -r n; SINK; }} < <(printf '%s\\n' {V})",
    f"n=$(python3 -S -c 'import sys; print(sys.argv[1])' {V}); SINK",
    f"n=$(awk -v x={V} 'BEGIN {{ print x }}'); SINK",
    f'f() {{ eval "$1=\\$x"; }}; x={V}; f n; SINK',
    'k=n; export "$k=${item.v}"; SINK',
    f"( echo {V} ) | {{ read -r n; SINK; }}",
    f"if true; then n={V}; fi; SINK",
    f"case {V} in *) n={V} ;; esac; SINK",
    f'sudo() {{ "$@"; }}; n=$(sudo echo {V}); SINK',
    f'c=(echo {V}); n=$("${{c[@]}}"); SINK',
    f'coproc {{ cat; }}; echo {V} >&"${{COPROC[1]}}"; read -r n <&"${{COPROC[0]}}"; SINK',
)
SINKS = (
    "echo $((n))",
    "echo $((n + 1))",
    "m=$n; echo $((m))",
    "m=n; echo $((m))",
    'eval "$n"',
    'eval "echo $n"',
    'sh -c "$n"',
    'bash <<< "$n"',
    'bash -s <<< "$n"',
    'echo "$n" | sh',
    'printf %s "$n" | tee log | bash',
    'let "x=n" || :',
    "[[ n -eq 0 ]] || :",
    'declare -i x="$n"',
    'x=abc; echo "${x:n}"',
    'b=(1); echo "${b[n]}"',
    "for ((i = n; i < 0; i++)); do :; done",
    'trap "$n" EXIT',
    'trap "eval \\"\\$n\\"" EXIT',
    '. <(echo "$n")',
    'script -qec "$n" /dev/null',
    'su root -c "$n"',
    'flock f1 -c "$n"',
    'printf -v "$n" x',
    'unset "$n"',
    'test -v "$n"',
    'xargs -I{} sh -c {} <<< "$n"',
    'find . -maxdepth 0 -exec sh -c "$n" \\;',
    'awk "BEGIN { system(\\"$n\\") }"',
    'awk -v x="$n" "BEGIN { system(x) }"',
    'perl -e "system(q($n))"',
    'sed "1e $n" f1',
    'timeout 5 sh -c "$n"',
    'env A=1 nice bash -c "$n"',
    'echo "$n" > s.sh; sh s.sh',
    'echo "$n" > s.sh; . ./s.sh',
    'echo "$n" > s.sh; chmod +x s.sh; ./s.sh',
    'printf "all:\\n\\t%s\\n" "$n" | make -s -f -',
    'PS4="$n"; set -x; :',
    'bash -c "eval \\"\\$1\\"" _ "$n"',
    'g() { "$@"; }; g eval "$n"',
    'c=(eval "$n"); "${c[@]}"',
    'c=eval; $c "$n"',
    "$n",
    'git -c alias.x="!$n" x',
    'tar cf /dev/null --checkpoint=1 --checkpoint-action=exec="$n" f1',
    'python3 -S -c "import os; os.system(\\"\\"\\"$n\\"\\"\\")"',
    'command eval "$n"',
    'bash -c "$(echo "$n")"',
    'printf "%s\\n" "$n" | xargs -I@ sh -c @',
)
"""No sink has a single quote: some carriers put it between two."""

HOSTILE = ("touch pwned", "a[$(touch pwned >&2)0]", "$(touch pwned)", "`touch pwned`")
"""Values, at least one of which runs wherever a value runs at all."""


def generated() -> list[str]:
    """Every carrier with every sink."""
    return [carrier.replace("SINK", sink) for carrier in CARRIERS for sink in SINKS]


def executed(directory: Path, scripts: Sequence[tuple[str, Iterable[str]]], interpreter: str = "bash") -> list[bool]:
    """Whether one of the files of each entry, run in a directory of its own, makes a file `pwned`.

    An entry is the name of its directory below `directory` and the scripts to run there.
    """
    lines = [f"cd {directory} || exit 1"]
    for name, files in scripts:
        place = directory / name
        place.mkdir()
        for each in ("f1", "f2"):
            (place / each).write_text("1\n")
        for number, text in enumerate(files):
            (place / f"script{number}").write_bytes(text.encode("utf-8", "surrogateescape"))
            lines.append(
                f"(cd {name} && [ ! -e pwned ] && HOME=$PWD timeout -k 1 5 {interpreter} ./script{number}"
                " < /dev/null > /dev/null 2>&1)"
            )
    driver = directory / "driver"
    driver.write_text("\n".join(lines))
    environ = {**os.environ, "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["sh", str(driver)], env=environ, check=False, capture_output=True, timeout=1800)
    return [(directory / name / "pwned").exists() for name, _ in scripts]


if __name__ == "__main__":
    sys.stdout.write("\n".join(generated()))


def roots_of(text: str) -> frozenset[str]:
    mentioned = mentioned_roots(text)
    return mentioned & ROOTS | {root for root in mentioned if f"${{{root}." in text}


def judged(text: str, interpreter: Interpreter) -> str:
    """What the product says before anything runs."""
    roots = roots_of(text)
    parsed = PARSER.parse_now([standing_text(text, roots).text])
    try:
        compile_shell(text, roots, interpreter, parsed)
    except ExpressionError:
        return "refused"
    flows = find_flows(text, roots, parsed, interpreter=interpreter)
    return "warned" if flows else "silent"
