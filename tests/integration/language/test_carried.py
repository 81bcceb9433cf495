"""What setup leaves, and what is ignored, in the worktrees of agents."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import make_repository

DOCUMENT = """
name: carried
setup:
  - shell: |
      echo leftover > leftover; mkdir -p deps dir; echo dep > deps/dep; echo in > dir/in; echo tracked >> tracked
      echo SECRET=1 > .env; echo b > build.bin
map:
  input: [a, b]
  commit: auto
  CARRY
  agent_template:
    - shell: |
        cat leftover dir/in tracked > "seen-${item}"
        for f in deps/dep build.bin .env from-checkout; do test -e $f && echo $f >> "seen-${item}"; done
        echo changed >> leftover; git add -A; git commit -qm "${item}"
reduce:
  - shell: cat leftover > reduced; git add reduced; git commit -qm reduced
"""


@pytest.mark.parametrize(
    ("carry", "include", "carried"),
    (
        ("", None, []),
        ("carry: [deps/]", None, ["deps/dep"]),
        ("", "deps/\n*.bin\n", ["deps/dep", "build.bin"]),
        ("carry: [.env, from-checkout]", None, [".env", "from-checkout"]),
    ),
)
def test_agents_see_what_setup_left_and_what_is_named(
    carry: str, include: str | None, carried: list[str], tmp_path: Path
) -> None:
    files = {"tracked": "base\n", ".gitignore": "deps/\n*.bin\n.env\n"}
    if include is not None:
        files[".worktreeinclude"] = include
    repository = make_repository(tmp_path / "repository", files)
    (repository / "from-checkout").write_text("local\n")
    ended = run(repository, DOCUMENT.replace("CARRY", carry))
    assert ended.exit_code == 0, ended.stdout
    tree = ended.tree()
    for item in ("a", "b"):
        assert tree[f"seen-{item}"].split() == ["leftover", "in", "base", "tracked", *carried]
    assert tree["tracked"].split() == ["base", "tracked"]
    assert tree["reduced"] == "leftover", "what an agent does to a leftover stays with it"
    assert not {"leftover", "dir/in", "deps/dep", ".env", "from-checkout"} & set(tree)
