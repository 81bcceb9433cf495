"""The fenced blocks of the documentation, and how a fragment of a workflow is completed to one that runs.

A comment before a block says where it belongs and what is expected of it:

    <!-- check
    in: reduce                     (a list of steps: setup, reduce, merge, or file: as it stands; default: the agent's)
    files: {NAME: content}         further files of the repository
    commands: [run, plan --explain] what is executed (default: run), with further options
    environ: {NAME: value}
    exit: 0                        of the last command
    lands / lacks: {path: text} / [path]     in the commit that the checkout is left at
    names: [core]                  the `name` of every planned item, in order
    states: [succeeded]
    says / logged / warns: [text]  in the output, in the logs, in the warnings of `validate`
    subjects: [text]               of commits
    results: {counts.failed: 1}    in results.json
    -->
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# Readers choose what they pin; names of versions are easier to read. `./` names an action of the reader's repository.
RULES = {"rules": {"unpinned-uses": {"disable": True}, "self-repository": {"disable": True}}}
ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("docs/**/*.md"))
"""The README and CLAUDE.md have tests of their own."""
EXPECTATIONS = frozenset({"lands", "lacks", "names", "states", "says", "logged", "warns", "subjects", "results"})
KEYS = EXPECTATIONS | {"in", "files", "commands", "environ", "exit"}

_FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<language>[\w-]*)\s*$")
_TOP_KEY = re.compile(r"^([A-Za-z_]\w*):", re.MULTILINE)
_MAP_KEY = re.compile(r"^  ([A-Za-z_]\w*):", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: `line` is that of its opening fence, `check` the comment before it."""

    page: str
    line: int
    language: str
    text: str
    check: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How tests call it."""
        return f"{self.page}:{self.line}"


def read_blocks(page: Path) -> Iterator[Block]:
    """Every fenced block of a page. Raises `ValueError` for a fence or a check that does not end."""
    lines = page.read_text(encoding="utf-8").splitlines()
    check: Mapping[str, Any] = {}
    at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        if lines[at].strip() == "<!-- check":
            end = _find(lines, at + 1, "-->", page)
            check = yaml.safe_load("\n".join(lines[at + 1 : end])) or {}
            at = end + 1
        elif opening is not None:
            end = _find(lines, at + 1, opening["marks"], page)
            indent = len(opening["indent"])
            text = "".join(f"{line[indent:]}\n" for line in lines[at + 1 : end])
            yield Block(page.relative_to(ROOT).as_posix(), at + 1, opening["language"], text, check)
            check = {}
            at = end + 1
        else:
            if lines[at].strip() and check:
                raise ValueError(f"{page.name}:{at + 1}: a check without a block")
            at += 1


def _find(lines: list[str], start: int, mark: str, page: Path) -> int:
    for at in range(start, len(lines)):
        if lines[at].strip() == mark:
            return at
    raise ValueError(f"{page.name}:{start}: no {mark!r} after this line")


def is_github(text: str) -> bool:
    """Whether a block is a workflow of GitHub, or steps of one, and not of this language."""
    return bool(re.search(r"^ *(- )?(uses|runs-on):", text, re.MULTILINE))


def complete(text: str, where: str | None = None) -> str:
    """The workflow that a fragment stands for; the first page of the reference explains it."""
    if where == "file":
        return text
    if text.lstrip().startswith(("- ", "#")) and _TOP_KEY.search(text) is None:
        if where is not None:
            return f"name: example\n{where}:\n{_indented(text, 2)}" + _whole_map()
        return f"name: example\n{_whole_map(steps=text)}"
    keys = set(_TOP_KEY.findall(text))
    if keys & {"steps", "commands"} or keys == {"name"}:
        return text
    text = _with_map_defaults(text) if "map" in keys else text + _whole_map()
    return text if "name" in keys else f"name: example\n{text}"


def _whole_map(steps: str | None = None) -> str:
    if steps is not None:
        return "map:\n  input: packages.json\n  max_items: 1\n  commit: auto\n  agent_template:\n" + _indented(steps, 4)
    return _with_map_defaults("map:\n")


def _with_map_defaults(text: str) -> str:
    start = re.search(r"^map:.*\n", text, re.MULTILINE)
    if start is None:
        return text
    rest = text[start.end() :]
    end = re.search(r"^\S", rest, re.MULTILINE)
    present = set(_MAP_KEY.findall(rest[: end.start()] if end else rest))
    defaults = {
        "input": "  input: packages.json\n",
        "commit": "  commit: auto\n",
        "agent_template": '  agent_template:\n    - shell: echo "2.0" > "${item.name}.txt"\n',
    }
    added = "".join(line for key, line in defaults.items() if key not in present)
    return text[: start.end()] + added + rest


def _indented(text: str, width: int) -> str:
    return "".join(f"{' ' * width}{line}\n" if line else "\n" for line in text.splitlines())


BLOCKS = [block for page in PAGES for block in read_blocks(page)]
YAML = [block for block in BLOCKS if block.language in {"yaml", "yml"}]
WORKFLOWS = [block for block in YAML if not is_github(block.text)]
OF_GITHUB = [block for block in YAML if is_github(block.text)]
REFERENCE = "docs/reference/"
"""The chapters about the workflow language."""
ITEMS = next(block.text for block in BLOCKS if block.page == f"{REFERENCE}README.md" and block.language == "json")
FILES = {"packages.json": ITEMS, **{f"{item['name']}.txt": "1.0\n" for item in json.loads(ITEMS)}}
"""The repository of the examples."""


def completed(block: Block) -> str:
    """The workflow file of a block."""
    return complete(block.text, block.check.get("in"))
