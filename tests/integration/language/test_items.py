"""Where items come from, and which of them the map takes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import make_repository

FILES = {
    "list.json": '[{"n": 1.0}, {"n": 12345678901234567890}]',
    "one.json": '{"n": 1}',
    "deep.json": '{"a": {"items": [{"n": 1, "ok": true}, {"n": 2}]}}',
    "lines.jsonl": '{"n": 1}\n\n[2]\n',
    "lines.ndjson": '{"n": 1}\n',
    "list.yaml": "- {n: 1}\n- text\n- 012\n",
    "table.csv": 'name,n\n"a, b",1\nc,2\n',
    "items.dat": '[{"n": 1},\n {"n": 2}]',
    "rows.txt": '{"n": 1}\n{"n": 2}\n',
    "names.txt": "one\r\n\n two \n",
}
SOURCES: tuple[tuple[str, list[object]], ...] = (
    ("input: list.json", [{"n": 1.0}, {"n": 12345678901234567890}]),
    ("input: one.json", [{"n": 1}]),
    ("input: deep.json\njson_path: $.a.items[*]", [{"n": 1, "ok": True}, {"n": 2}]),
    ("input: deep.json\njson_path: $.a.items", [[{"n": 1, "ok": True}, {"n": 2}]]),
    ("input: deep.json\njson_path: '$.a.items[?(@.ok)].n'", [1]),
    ("input: deep.json\njson_path: $.nothing", []),
    ("input: lines.jsonl", [{"n": 1}, [2]]),
    ("input: lines.ndjson", [{"n": 1}]),
    ("input: table.csv", [{"name": "a, b", "n": "1"}, {"name": "c", "n": "2"}]),
    ("input: items.dat", [{"n": 1}, {"n": 2}]),
    ("input: items.dat\njson_path: $[*].n", [1, 2]),
    ("input: rows.txt", [{"n": 1}, {"n": 2}]),
    ("input: names.txt", [{"item": "one"}, {"item": " two "}]),
    ("input: ${KIND}.json", [{"n": 1.0}, {"n": 12345678901234567890}]),
    ("input: $KIND.json", [{"n": 1.0}, {"n": 12345678901234567890}]),
    ("input: seq 2", [{"item": "1"}, {"item": "2"}]),
    ("input: 'cat deep.json'\njson_path: $.a.items[*].n", [1, 2]),
    ("input: 'echo ''{\"a\": 1}''; echo ''[2]'''", [{"a": 1}, [2]]),
    ("input: [1, two, {three: 3}, null, true]", [1, "two", {"three": 3}, None, True]),
    ("input: ls | grep -c json$", [{"item": "4"}]),
    ("input: seq 1", [{"item": "1"}]),
    ("input: echo true", [{"item": "true"}]),
    ("input: |-\n    printf '{\"n\":\\n1}'", [{"n": 1}]),
    ('input: |-\n    printf \'{"n":\\n1}\\n{"n":\\n2}\'', [{"n": 1}, {"n": 2}]),
    ("input: |-\n    printf '{\"n\": 1}'\njson_path: $[*].n", [1]),
    ('input: |-\n    printf \'{"n": 1} {"n": 2}\'', [{"item": '{"n": 1} {"n": 2}'}]),
    ("input: |-\n    printf 'a b\\0c\\nd\\0'", [{"item": "a b"}, {"item": "c\nd"}]),
    ("input: list.yaml", [{"n": 1}, "text", "012"]),
)


def planned(directory: Path, fields: str) -> Ended:
    document = "name: items\nenv: {KIND: list}\nmap:\n" + "".join(f"  {line}\n" for line in fields.splitlines())
    document += "  agent_template: [{shell: 'true'}]\n"
    (directory.parent / "workflow.yml").write_text(document)
    return prodigy(directory, "plan", "../workflow.yml", "--format", "json", "--run-input")


def test_items_are_read_from_every_source(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    for fields, items in SOURCES:
        ended = planned(repository, fields)
        assert ended.exit_code == 0, ended.stderr
        assert [each["item"] for each in json.loads(ended.stdout)["assignments"]] == items, fields


ROWS = (
    "\n".join(f'{{"n": {n}, "g": "{g}"}}' for n, g in ((3, "a"), (1, "b"), (2, "a"), (4, "c"), (0, "d")))
    + '\n{"n": 5}\n'
)
SELECTION = """
name: selected
map:
  input: rows.jsonl
  filter: n > 0 && n < 6
  sort_by: [n DESC]
  distinct: g
  offset: "$SKIP"
  max_items: ${TAKE}
  max_parallel: $TAKE
  key: n
  agent_template: [{shell: 'echo "${item.n}" > "n${item.n}"; git add .; git commit -qm "${item_key}"'}]
reduce: [{shell: 'touch reduced; git add -A; git commit -qm reduced'}]
env: {SKIP: 1, TAKE: 2}
"""


def test_the_map_takes_what_its_selection_says_in_that_order(tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "repository", {"rows.jsonl": ROWS}), SELECTION)
    assert set(ended.tree()) == {"rows.jsonl", "n4", "n3", "reduced"}
    assert [(item["item"]["n"], item["key"]) for item in ended.results["items"]] == [(4, "4"), (3, "3")]
    assert ended.results["counts"]["selected_out"] == 4


WRONG = (
    ("input: missing.json", 2, "'missing.json' does not exist"),
    ("input: exit 3", 2, "exit code 3"),
    ("input: [1]\nmax_parallel: 0", 2, "at least 1"),
    ("input: [1]\nmax_parallel: $NOWHERE", 2, "NOWHERE"),
    ("input: [1]\noffset: -1", 2, "at least 0"),
)


def test_items_that_cannot_be_read_are_reported_and_nothing_runs(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    for fields, code, reported in WRONG:
        ended = planned(repository, fields)
        assert (ended.exit_code, reported in ended.stderr) == (code, True), (fields, ended.stderr)


def test_no_items_still_run_reduce(tmp_path: Path) -> None:
    document = SELECTION.split("map:")[0] + "map: {input: [], agent_template: [{shell: 'false'}]}\n"
    document += "reduce: [{shell: 'echo \"${map.total}\" > reduced; git add -A; git commit -qm reduced'}]\n"
    ended = run(make_repository(tmp_path / "repository", {}), document)
    assert (ended.exit_code, ended.tree()) == (0, {"reduced": "0"})
