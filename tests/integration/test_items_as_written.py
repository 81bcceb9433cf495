"""Items as people write them: lists of lines, tables without types, names that git would quote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import prodigy, run
from tests.support.git import make_repository

TABLE = "name,size,tested\na,120,true\nb,9,FALSE\nc,1000,false\nd,n/a,\ne,,true\nf,120.0,no\n"
TEMPLATE = "  agent_template: [{shell: 'true'}]\n"


def test_what_a_table_holds_is_compared_as_what_it_reads_as(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"table.csv": TABLE})
    document = f"name: t\nmap:\n  input: table.csv\n  filter: size > 100 && tested != true\n  sort_by: size\n{TEMPLATE}"
    ended = run(repository, document)
    assert [item["item"]["name"] for item in ended.results["items"]] == ["f", "c"], ended.stdout


def test_lines_that_are_numbers_are_filtered_and_sorted_as_numbers(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": ""})
    document = f"name: t\nmap:\n  input: seq 8 12\n  filter: item > 8\n  sort_by: item DESC\n{TEMPLATE}"
    ended = run(repository, document)
    assert [item["item"] for item in ended.results["items"]] == [{"item": text} for text in ("12", "11", "10", "9")]
    assert [item["key"] for item in ended.results["items"]] == ["12", "11", "10", "9"]


@pytest.mark.parametrize("count", (1, 2))
def test_a_line_has_one_shape_however_many_there_are(count: int, tmp_path: Path) -> None:
    document = f"""
name: shapes
map:
  input: seq {count}
  commit: auto
  agent_template:
    - shell: echo "${{item.item}}" > "map-${{item}}"
    - foreach: seq {count}
      do:
        - {{shell: 'echo "${{item}} of ${{total}}" >> "loop-${{item_id}}"', when: "${{item}} == '1'"}}
"""
    ended = run(make_repository(tmp_path / "r", {"f": ""}), document)
    assert ended.exit_code == 0, ended.stdout
    assert [item["item"] for item in ended.results["items"]] == [{"item": str(n + 1)} for n in range(count)]
    tree = ended.tree()
    assert [tree[f"map-{n + 1}"] for n in range(count)] == [str(n + 1) for n in range(count)]
    assert tree["loop-item_0"] == f"1 of {count}"


NAMES = ("café.py", "plain.py", 'a "quoted" name.py', "日本.py", "tab\there.py")


@pytest.mark.parametrize("options", ("", "-z"))
def test_names_that_git_would_quote_reach_items_as_they_are(options: str, tmp_path: Path) -> None:
    known = NAMES if options else NAMES[:2] + NAMES[3:4]
    repository = make_repository(tmp_path / "r", dict.fromkeys(known, "x = 1\n"))
    document = f"""
name: licence
map:
  input: git ls-files {options} -- '*.py'
  agent_template:
    - shell: sed -i '1i# licence' "${{item}}"
    - shell: git commit -qam "licence of ${{item}}"
reduce:
  - foreach: git ls-files {options} -- '*.py'
    do: [{{shell: 'test -f "${{item}}" && echo "${{item}}" >> listed'}}]
"""
    ended = run(repository, document)
    assert ended.exit_code == 0, ended.stdout
    assert {item["item"]["item"] for item in ended.results["items"]} == set(known)
    (tmp_path / "plan.yml").write_text(document)
    planned = prodigy(repository, "plan", "../plan.yml", "--run-input")
    assert "café.py" in planned.stdout


def test_names_that_end_with_nul_may_stand_in_a_file(tmp_path: Path) -> None:
    workflow = f"name: t\nsetup:\n  - shell: git ls-files -z > names\nmap:\n  input: names\n{TEMPLATE}"
    ended = run(make_repository(tmp_path / "r", {"a b": "", "c\nd": ""}), workflow)
    assert [item["item"]["item"] for item in ended.results["items"]] == ["a b", "c\nd"]
