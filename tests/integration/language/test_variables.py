"""The variables that the product sets for steps: items, agents, git, the map, the merge."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.blackbox import run
from tests.support.everywhere import PHASES, run_everywhere, succeeded
from tests.support.git import git, make_repository

CONTEXT = """
- shell: |
    echo new > "new PHASE.md"; echo x >> a.txt; echo c > c-PHASE.py; git rm -q sub/b.txt 2> /dev/null || true
    git add -A; git commit -qm "change PHASE"; echo loose > loose-PHASE.txt
- shell: |
    cat > step-PHASE <<END
    ${step.files_added}
    ${step.files_added:json}
    ${step.files_added:*.md}
    ${step.files_added:*.md:json}
    ${step.files_added:csv}
    ${step.files_modified} ${step.commit_count} ${step.insertions} ${step.commits}
    END
    printf '%s' "${step.files_changed:lines}" | sort > lines-PHASE
- {shell: 'touch when-PHASE', when: step.commit_count == 0 && workflow.commit_count >= 1}
- write_file: {path: workflow-PHASE, content: "${workflow.commit_count}|${workflow.files_added:*.py}"}
"""


def test_the_git_context_says_what_changed_in_every_phase(tmp_path: Path) -> None:
    ended = run_everywhere(tmp_path, CONTEXT)
    tree = succeeded(ended)
    for phase in PHASES:
        added, as_json, markdown, markdown_json, csv, rest = tree[f"step-{phase}"].splitlines()
        names = [f"c-{phase}.py", f"loose-{phase}.txt", f"new {phase}.md"]
        assert added == f"c-{phase}.py loose-{phase}.txt 'new {phase}.md'"
        assert json.loads(as_json) == names
        assert (markdown, json.loads(markdown_json)) == (f"'{names[2]}'", names[2:])
        assert csv == ",".join(names)
        modified, count, _, commit = rest.split(" ")
        assert (modified, count) == ("a.txt", "1")
        assert git(ended.repository, "log", "-1", "--format=%s", commit) == f"change {phase}" or phase == "map"
        assert set(names) <= set(tree[f"lines-{phase}"].splitlines())
        assert f"when-{phase}" in tree
        own = tree[f"workflow-{phase}"].split("|")
        assert own == ["1", f"c-{phase}.py"]


ITEM = """
- shell: |
    cat > "item-${item_index}" <<END
    ${item.name}|${item.tags[1]}|${item.n}|${item.none}|${item['odd key']}|${item.deep.a:-deep}|${item.gone:-gone}
    ${item}
    ${item_json}
    ${item_id}|${item_index}|${item_total}|${item_key}|${agent.id}|${agent.branch}|${worker.id}
    END
    test "$PRODIGY_ITEM_ID" = "${item_id}" && test -n "$PRODIGY_RUN_ID" && test "$PRODIGY_AUTOMATION" = true
    test "$(cat "$PRODIGY_ITEM_FILE")" = "${item_json}" && test -n "${agent.worktree}"
- shell: printf '%s' '$1 ${FILE##*.} ${x:-3} $(date) "$HOME"' > literal
  when: item_index == 0
"""
ITEMS = """
input:
  - {name: "it's $(x) `y`", tags: [a, b], n: 1.50, none: null, 'odd key': 2, deep: {}}
  - {name: two, tags: [a, "c d"], n: 12345678901234567890, none: null, 'odd key': true, deep: {a: [1]}}
key: name
"""


def test_an_agent_knows_its_item(tmp_path: Path) -> None:
    ended = run_everywhere(tmp_path, ITEM, phases=("map",), map_fields=ITEMS)
    tree = succeeded(ended)
    first, item, as_json, ids = tree["item-0"].splitlines()
    assert first == "it's $(x) `y`|b|1.50||2|deep|gone"
    assert item == as_json
    assert '"n":1.50' in as_json
    assert ids.split("|")[:4] == ["item_0", "0", "2", "it's $(x) `y`"]
    assert tree["item-1"].splitlines()[0] == "two|c d|12345678901234567890||true|[1]|gone"
    assert tree["literal"] == '$1 ${FILE##*.} ${x:-3} $(date) "$HOME"'


REPORT = """
- write_file:
    path: errors-PHASE
    content: |
      ${map.successful} ${map.success_count} ${map.failed} ${map.failure_count} ${map.total} ${map.success_rate}
      ${map.results[0].item_id} ${map.results[0].status} ${map.results[0].item} ${map.results[0].captures.said}
      ${map.results[0].output} ${map.results[0].files_modified} ${map.results[0].key}
      ${map.results[1].status} ${map.results[1].exit_code} ${map.results[1].error}
- shell: printf '%s' "${map.results_json}" > results-PHASE.json; test -n "${map.average_duration_secs}"
- shell: git log -1 --format=%s ${map.results[0].commits[0]} > subject-PHASE
"""
MERGE = """
- write_file:
    path: merged
    content: |
      ${merge.target_branch} ${merge.commit_count} ${merge.file_count} ${merge.worktree}
      ${merge.modified_files[0].path} ${merge.file_list}
- shell: test "${merge.source_branch}" = "prodigy/${merge.session_id}" && test "${merge.session_id}" = "$PRODIGY_RUN_ID"
- shell: git log -1 --format=%s ${merge.commits[0].id} > merged-subject
"""


def test_reduce_and_merge_know_what_the_map_came_to(tmp_path: Path) -> None:
    top = f"""
max_failures: 1
reduce:
{REPORT.replace("PHASE", "reduce")}
- shell: git add -A && git commit -qm 'by reduce'
merge:
{REPORT.replace("PHASE", "merge")}{MERGE}
- shell: git add -A && git commit -qm 'by merge'
"""
    document = f"""
name: reported
{top}
map:
  input: [good, bad]
  commit: auto
  agent_template:
    - {{shell: 'echo "said ${{item}}"', capture: said}}
    - shell: test "${{item}}" = good && touch made && echo last
"""
    ended = run(make_repository(tmp_path / "repository", {}), document)
    tree = succeeded(ended)
    for phase in ("reduce", "merge"):
        lines = tree[f"errors-{phase}"].splitlines()
        assert lines[0] == "1 1 1 1 2 50.0"
        assert lines[1] == "item_0 succeeded good said good"
        assert lines[2] == "said good"
        assert lines[3].startswith("last made ")
        assert lines[4] == 'failed 1 test "${item}" = good && touch made && echo last: exit code 1'
        results = json.loads(tree[f"results-{phase}.json"])
        assert [result["item"] for result in results] == ["good", "bad"]
    merged = tree["merged"].splitlines()
    assert merged[0].split()[0] == "main"
    assert int(merged[0].split()[1]) >= 2
    assert {"made", "errors-reduce"} <= set(merged[1].replace(",", " ").split())
    assert tree["merged-subject"]
