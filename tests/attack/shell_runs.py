"""Runs many rendered scripts in one shell process each; returns what they printed and which files appeared."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from prodigy_action.pure.shell.safety.render import ShellScript, render_values_file

SHELLS = {"sh": ["sh"], "bash": ["bash", "--noprofile", "--norc"]}
_SHOW = 'show() { for a in "$@"; do printf \'<%s>\' "$a"; done; }\n'
_END = b"\0\n"
_FILES = ("a", "f1", "f2")


@dataclass(frozen=True, slots=True)
class Printed:
    """What each script printed, in order, and the files that appeared in the directory they ran in."""

    outputs: tuple[bytes, ...]
    appeared: tuple[bytes, ...]


@cache
def corpus(name: str) -> list[dict[str, Any]]:
    """The cases of one committed corpus file."""
    path = Path(__file__).with_name(f"{name}.json")
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return cases


def hostile_values() -> list[str]:
    """The committed hostile values; lone surrogates stand for bytes that are no UTF-8."""
    return [case["value"] for case in corpus("values")]


def interpreters(case: dict[str, Any]) -> Sequence[str]:
    """The shells that a case is for."""
    return [case["only"]] if "only" in case else ["sh", "bash"]


def encoded(text: str) -> bytes:
    """The bytes that a shell sees of a text."""
    return text.encode("utf-8", "surrogateescape")


def run_scripts(directory: Path, shell: str, scripts: Iterable[ShellScript]) -> Printed:
    """Run each script in a subshell of one `shell`, in a directory with a few files."""
    place = directory / "work"
    place.mkdir(parents=True)
    (place / "d").mkdir()
    for name in _FILES:
        (place / name).write_text("line\n")
    count = 0
    for number, script in enumerate(scripts):
        values = directory / f"{number}.values"
        values.write_bytes(render_values_file(script.values))
        text = script.sourcing(str(values))
        (directory / f"{number}.script").write_bytes(encoded(text))
        count += 1
    main = directory / "main"
    numbers = " ".join(map(str, range(count)))
    main.write_text(
        f"{_SHOW}for n in {numbers}; do ( . {directory}/$n.script ) 2>/dev/null </dev/null; printf '\\000\\n'; done\n"
    )
    done = subprocess.run([*SHELLS[shell], str(main)], cwd=place, capture_output=True, check=False, timeout=120)
    outputs = done.stdout.split(_END)
    assert outputs.pop() == b"", done.stderr
    assert len(outputs) == count, done.stderr
    appeared = {bytes(encoded(path.name)) for path in place.iterdir()}
    inside = {b"d/" + encoded(path.name) for path in (place / "d").iterdir()}
    return Printed(tuple(outputs), tuple(sorted((appeared | inside) - {b"d", *(encoded(name) for name in _FILES)})))
