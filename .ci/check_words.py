"""Find the words of `refused-words.toml` in the files that git knows; exit 1 when there are any.

A phrase is found across a line end, in any case, and inside names: `kept_item` and `KeptItem` read as two words.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORD_LIST = ROOT / ".ci/refused-words.toml"
_PARTS_OF_NAMES = re.compile(r"_|(?<=[a-z0-9])(?=[A-Z])")
_GAP = r"(?:[\s-]+(?:#:?\s+)?)"


def patterns(words: Mapping[str, str]) -> dict[re.Pattern[str], str]:
    """A pattern for each entry of the list, and what to write instead."""
    return {
        re.compile(
            r"\b(?:" + "|".join(_GAP.join(map(re.escape, form.split())) for form in forms.split("|")) + r")\b", re.I
        ): instead
        for forms, instead in words.items()
    }


def refused(text: str, words: Mapping[re.Pattern[str], str]) -> Iterator[tuple[int, str, str]]:
    """Line number, what is written there, and what to write instead; in the order of the list."""
    read = _PARTS_OF_NAMES.sub(" ", text)
    for pattern, instead in words.items():
        for found in pattern.finditer(read):
            yield read.count("\n", 0, found.start()) + 1, " ".join(found.group().split()), instead


def main() -> int:
    listed = tomllib.loads(WORD_LIST.read_text(encoding="utf-8"))
    words = patterns(listed["words"])
    left_out = (".ci/refused-words.toml", "requirements/", "LICENSE", *listed["not-yet"]["paths"])
    allowed = listed["allowed"]
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8"
    ).stdout.split("\0")
    problems = 0
    for name in sorted(filter(None, names)):
        path = ROOT / name
        if name.startswith(left_out) or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for line, found, instead in sorted(refused(f"{name}\n{text}", words)):
            if found.lower() not in allowed.get(name, ()):
                sys.stdout.write(f"{name}:{max(line - 1, 1)}: refused {found!r}; write: {instead}\n")
                problems += 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
