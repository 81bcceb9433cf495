"""Names of files and commits as words of a shell command, what items print, and defaults in prompts."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.blackbox import run
from tests.support.everywhere import succeeded
from tests.support.git import make_repository

DOCUMENT = """
name: names
setup:
  - shell: |
      touch a.rs "b c.rs" "d'\\$(touch pwned).toml" e.md
      git add . && git commit -qm one && git commit -q --allow-empty -m two
  - {shell: 'for f in ${step.files_added}; do printf "[%s]" "$f"; done > loop'}
  - {shell: 'git show -s --format=%s ${workflow.commits} | sort > subjects'}
  - {shell: 'printf "[%s]" ${workflow.files_added:*.rs,*.toml} > globs'}
  - {shell: 'printf "[%s]" ${workflow.files_deleted} x > none'}
  - {shell: 'printf "[%s]" ${workflow.files_deleted:-${shell.missing:-no $(touch pwned)}} x > default'}
  - {shell: 'printf "%s" "${workflow.files_added:*.rs}" > text'}
  - {write_file: {path: written, content: "${workflow.files_added:*.rs} ${MODE:-fast} ${SET_OUTSIDE:-inside} ${nope}"}}
  - {shell: touch when-outside, when: "${SET_OUTSIDE} == 'outside' && SET_OUTSIDE != 'x'"}
  - {shell: touch when-missing, when: SET_NOWHERE}
  - {shell: git add -A && git commit -qm kept}
map:
  input: [one, 2]
  agent_template: [{shell: 'echo RESULT ${item.value}'}, {shell: 'true'}, {shell: "seq 1 $((${item_index} * 20000))"}]
reduce:
  - {shell: "printf '%s' '${map.results}' > results; git add -A; git commit -qm r"}
merge:
  - shell: |
      printf '%s' '${merge.commits}' > commits
      printf '%s' '${merge.modified_files}' > files
      printf '%s' "${merge.commit_ids}" > ids
      git add -A; git commit -qm m
"""


def test_names_are_words_and_outputs_are_whole(tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "repository", {"z": "z"}), DOCUMENT, SET_OUTSIDE="outside")
    tree = succeeded(ended)
    assert "when-outside" in tree
    assert "when-missing" not in tree
    assert ended.logged("step_skipped")
    assert tree["loop"] == "[a.rs][b c.rs][d'$(touch pwned).toml][e.md]"
    assert "pwned" not in tree
    assert tree["subjects"].split() == ["one", "two"]
    assert (tree["globs"], tree["none"]) == ("[a.rs][b c.rs][d'$(touch pwned).toml]", "[x]")
    assert tree["default"] == "[no $(touch pwned)][x]"
    assert tree["text"] == "a.rs 'b c.rs'"
    assert tree["written"] == "a.rs 'b c.rs' fast outside ${nope}"
    first, second = json.loads(tree["results"])
    assert (first["output"], first["output_truncated"]) == ("RESULT one", False)
    assert second["output"].endswith("\n20000")
    assert second["output_truncated"]
    assert len(second["output"]) == 32 * 1024
    commits = json.loads(tree["commits"])
    assert [each["message"] for each in commits] == ["one", "two", "kept", "r"]
    assert tree["ids"] == ", ".join(each["short_id"] for each in commits)
    assert {"path": "a.rs", "modification_type": "Added"} in json.loads(tree["files"])
