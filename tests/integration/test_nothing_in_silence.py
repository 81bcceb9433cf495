"""What the product does not act on is an error or a warning at its place, through the command line.

Each document has one unknown thing, between `«` and `»`; `validate` or `plan` reports that place. With known things
only, it reports nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.blackbox import prodigy
from tests.support.git import make_repository

HEAD = "name: x\nmap:\n  input: items.json\n  agent_template:\n"
STEP_TEXTS = {
    "prompt": "    - claude: /see {0}\n",
    "path": "    - write_file: {{path: 'a-{0}', content: x}}\n",
    "content": "    - write_file:\n        path: a\n        content: |\n          one\n          two {0}\n",
    "directory": "    - {{shell: ls, working_dir: 'a/{0}'}}\n",
    "output": "    - {{shell: ls, output_file: '{0}.txt'}}\n",
    "variable": "    - {{shell: ls, env: {{A: '{0}'}}}}\n",
    "message": "    - {{shell: ls, auto_commit: true, commit_config: {{message_template: 'm {0}'}}}}\n",
    "handler": "    - shell: ls\n      on_failure:\n        - claude: /repair {0}\n",
    "loop": "    - foreach:\n        items: [a]\n        do:\n          - claude: /each {0}\n",
}
UNKNOWN = ("${nope}", "${date:%Y}", "${uuid}", "${iten.name}", "${build.output}", "${{ github.sha }}", "${agent.nmae}")
SHELLS = ("${iten.name}", "${build.output}", "${{ matrix.os }}", "${agent.nmae}", "${map.total}")
CONDITIONS = (
    "«nope»",
    "${«nope»} == 'a'",
    "«deploy.success»",
    "item.size > 3 && «iten.size» < 5",
    "!«done» || item.name == 'a'",
)
KEYS = {
    "top": "name: x\n«timeot»: 5\nsteps: [{shell: ls}]\n",
    "map": "name: x\nmap:\n  input: [1]\n  «max_paralel»: 3\n  agent_template: [{shell: ls}]\n",
    "step": "steps:\n- shell: ls\n  «timeuot»: 5\n",
    "foreach": "steps:\n- foreach: {items: [1], do: [{shell: ls}], «paralel»: 2}\n",
    "handler": "steps:\n- shell: ls\n  on_failure: {shell: ls, «max_atempts»: 2}\n",
    "retry": "steps:\n- {shell: ls, retry: {attempts: 2, «backof»: fixed}}\n",
    "policy": f"{HEAD}    - shell: ls\nerror_policy: {{«max_failure»: 3}}\n",
    "parameter": "parameters: {a: {«typ»: string}}\nsteps: [{shell: 'echo ${a}'}]\n",
    "capture format": "steps:\n- {shell: ls, capture_format: «json»}\n",
    "commit config": "steps:\n- {shell: ls, commit_config: «{message: hello}»}\n",
    "interpreter": "steps:\n- {claude: /see, interpreter: «bash»}\n",
    "order": f"{HEAD}    - {{shell: ls, reads: «[a]»}}\n",
    "handlers": f"{HEAD}    - shell: ls\nhandlers: {{tidy: «[{{shell: ls}}]»}}\n",
    "limits": (
        f"{HEAD}    - shell: ls\n"
        "  timeout_config:\n    timeout_policy: per_agent\n    command_timeouts: «{shell: 3}»\n"
    ),
    "need": "steps:\n- {id: a, shell: ls}\n- {shell: ls, needs: [«b»]}\n",
    "word": "steps:\n- {shell: ls, capture: x, capture_format: «jsn»}\n",
    "value": "env: {A: 'a-«${nope}»'}\nsteps: [{shell: ls}]\n",
    "circle of values": "env: {A: '${B}', B: '«${A}»'}\nsteps: [{shell: ls}]\n",
    "condition of a value": "env: {A: {condition: «nope» == 'x', when_true: a, when_false: b}}\nsteps: [{shell: ls}]\n",
    "profile": "profiles: {p: {A: '«${nope}»'}}\nsteps: [{shell: ls}]\n",
    "title": "steps: [{name: 'see «${nope}»', shell: ls}]\n",
    "element": "steps: [{foreach: {items: ['«${nope}»'], do: [{shell: ls}]}}]\n",
    "default": "parameters: {a: {type: number, default: «many»}}\nsteps: [{shell: 'echo ${a}'}]\n",
    "github in a key": "env: {A: 'v«${{ secrets.TOKEN }}»'}\nsteps: [{shell: ls}]\n",
}


def documents() -> Iterator[tuple[str, str]]:
    """Documents with one unknown thing each, by name."""
    for place, form in STEP_TEXTS.items():
        for text in UNKNOWN:
            yield f"{place} {text}", HEAD + form.format(f"«{text}»")
    for text in SHELLS:
        yield f"shell {text}", f'{HEAD}    - shell: echo "«{text}»"\n'
    for condition in CONDITIONS:
        yield f"when {condition}", f"{HEAD}    - shell: ls\n      when: {json.dumps(condition, ensure_ascii=False)}\n"
    yield from KEYS.items()


def marked(text: str) -> tuple[str, int, int]:
    """The document without marks, and the line and column of the thing."""
    start = text.index("«")
    line = text.count("\n", 0, start) + 1
    return text.replace("«", "").replace("»", ""), line, start - text.rfind("\n", 0, start)


def test_each_unknown_thing_is_reported_at_its_place(tmp_path: Path) -> None:
    cases = dict(documents())
    expected: dict[str, tuple[str, int, int]] = {}
    for number, (name, text) in enumerate(cases.items()):
        plain, line, column = marked(text)
        (tmp_path / f"{number:03}.yml").write_text(plain)
        expected[f"{number:03}.yml"] = (name, line, column)
    found = json.loads(prodigy(tmp_path, "validate", "--format", "json", *expected).stdout)["problems"]
    places: dict[str, list[tuple[int, int, int]]] = {}
    for each in found:
        places.setdefault(each["file"], []).append((each["line"], each["column"], each["end_column"] or 0))
    unreported = {
        name: places.get(file)
        for file, (name, line, column) in expected.items()
        if not any(at == line and first <= column + 2 and end >= column for at, first, end in places.get(file, ()))
    }
    assert unreported == {}
    assert len(cases) > 85


def test_known_things_are_not_reported(tmp_path: Path) -> None:
    known = ("${name}", "${item.size}", "${agent.branch}", "${item_id}", "${nope:-a}", "${env.HOME}", "${who}")
    begin = "parameters: {who: {default: ana}}\nenv: {name: a}\n"
    texts = [begin + HEAD + form.format(text) for form in STEP_TEXTS.values() for text in known]
    texts += [
        f"{begin}{HEAD}    - shell: ls\n      when: {json.dumps(when)}\n"
        for when in (
            "${name} == 'a'",
            "item.size > 3",
            "${CI} == 'true'",
            "${x:-a} == b",
            "who == ana",
            "shell.success",
        )
    ]
    texts += [
        f'{HEAD}    - shell: for f in *; do echo "${{f%.txt}} ${{x[0]}} ${{#f}}"; done\n',
        "steps:\n- shell: |\n    node -e 'f(`${value.text}`)'\n    cat > x <<'END'\n    ${project.version}\n    END\n",
        (
            "parameters: {p: {type: array, default: [1]}}\nenv: {A: '${HOME} ${p}', B: $A}\n"
            "profiles: {p: {C: '${B}'}}\n"
            "steps: [{foreach: {items: ['${A}'], do: [{shell: ls}]}}]\n"
        ),
        "steps: [{shell: ls, capture: x, capture_format: json}, {claude: '/see ${x}', when: x.exit_code == 0}]\n",
    ]
    files = {f"{number:03}.yml": text for number, text in enumerate(texts)}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    ended = prodigy(tmp_path, "validate", "--format", "json", *files)
    assert [
        (files[each["file"]], each["message"])
        for each in json.loads(ended.stdout)["problems"]
        if each["code"] not in {"value-as-code", "undeclared-footprint", "lost-changes"}
    ] == []


ITEMS = '[{"name": "a", "size": 1, "owner": {"id": 4}}, {"name": "b", "size": 2, "tags": []}]'
FIELDS: Mapping[str, tuple[str, str]] = {
    "step": (f'{HEAD}    - shell: echo "«${{item.nmae}}»"\n', "no item has `nmae`"),
    "prompt": (f"{HEAD}    - claude: /see «${{item.owner.idd}}»\n", "no item has `owner`|idd"),
    "some": (f"{HEAD}    - claude: /see «${{item.owner.id}}»\n", "1 of 2 items have no `owner`"),
    "condition": (f"{HEAD}    - {{shell: ls, when: 'item.«sise» > 3'}}\n", "no item has `sise`"),
    "filter": (f"{HEAD}    - shell: ls\n  filter: «sise» != 3\n", "no item has `sise`"),
    "sort": (f"{HEAD}    - shell: ls\n  sort_by: name, «sise» DESC\n", "no item has `sise`"),
    "distinct": (f"{HEAD}    - shell: ls\n  distinct: «nmae»\n", "no item has `nmae`"),
    "nothing": (f"{HEAD}    - shell: ls\n  filter: «size > 9»\n", "the filter matches none of the 2 items"),
    "path": (f"{HEAD}    - shell: ls\n  json_path: «$.itmes[*]»\n", "selects nothing"),
    "list": (
        "name: x\nmap:\n  input: [{name: a}]\n  agent_template:\n    - claude: /see «${item.nmae}»\n",
        "no item has `nmae`",
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_unknown_fields_are_reported_when_the_items_are_known(case: str, tmp_path: Path) -> None:
    text, says = FIELDS[case]
    plain, line, column = marked(text)
    repository = make_repository(tmp_path / "r", {"items.json": ITEMS})
    (tmp_path / "w.yml").write_text(plain)
    ended = prodigy(repository, "plan", "../w.yml", "--format", "json")
    assert ended.exit_code == 0, ended.stderr
    warnings: list[str] = json.loads(ended.stdout)["warnings"]
    assert any(each.startswith(f"../w.yml:{line}:{column}: ") and re.search(says, each) for each in warnings), warnings


@pytest.mark.parametrize("items", ("[a, b]", "[1, {item: a}]", "printf 'a\\nb\\n'"))
def test_the_value_of_plain_items_is_a_known_field(items: str, tmp_path: Path) -> None:
    steps = "  agent_template:\n    - claude: /see ${item.value}\n    - shell: echo ${item.value}\n"
    (tmp_path / "w.yml").write_text(f"name: x\nmap:\n  input: {items}\n{steps}")
    ended = prodigy(make_repository(tmp_path / "r", {"seed": "1"}), "plan", "../w.yml", "--format", "json")
    assert ended.exit_code == 0, ended.stderr
    assert [each for each in json.loads(ended.stdout)["warnings"] if "value" in each] == []


def test_a_run_warns_of_unknown_fields_in_its_log(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"items.json": ITEMS})
    (tmp_path / "w.yml").write_text(f"{HEAD}    - shell: echo ${{item.name}}\n      when: item.sise > 3\n")
    ended = prodigy(repository, "run", "../w.yml", "--log-format", "json")
    assert ended.exit_code == 0
    (unknown,) = ended.logged("unknown_item_field")
    assert re.fullmatch(r".*w[a-z]*\.yml:\d+:\d+: no item has `sise`", unknown["message"])


def test_names_of_env_files_are_known_to_a_run(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {".env": "level=3\n"})
    (tmp_path / "w.yml").write_text("env_files: [.env]\nsteps: [{claude: '/see ${level} ${levl} ${nope}'}]\n")
    checked = prodigy(tmp_path, "validate", "w.yml")
    assert "warning" not in checked.stdout
    warnings: list[str] = json.loads(prodigy(repository, "plan", "../w.yml", "--format", "json").stdout)["warnings"]
    assert [re.sub(r".*nothing defines", "", each) for each in warnings] == [" `levl`", " `nope`"]
