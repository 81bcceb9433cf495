"""What steps see of the world around their worktree: no variable leads them into the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.everywhere import PHASES, succeeded, workflow_of
from tests.support.git import git, make_repository

SEEN = """
- shell: |
    env -0 | tr '\\n\\0' ' \\n' | grep -aF "$CHECKOUT_NAME" | grep -v '^CHECKOUT_NAME=' > leads-PHASE || true
    test "$PWD" -ef . && printf '%s|%s|%s' "${OLDPWD-none}" "${GIT_DIR-none}" "${GIT_INDEX_FILE-none}" > gone-PHASE
- shell: |
    for path in "$GITHUB_WORKSPACE" "$TOP" "$LINKED" "$DOTS" "$ROOT" "$SECOND" "${env.GITHUB_WORKSPACE}" "${ROOT}"; do
      test "$path" -ef . || echo "$path" >> wrong-PHASE
    done
    test "$BELOW" -ef sub && test "${BELOW_TOO}" -ef sub/b.txt && test "$GITHUB_ACTION_PATH" -ef sub
    printf '%s' "$LIST" | sed "s|$(pwd -P)|HERE|g; s|$PWD|HERE|g" > list-PHASE
    printf '%s' "$NEW" | sed "s|$(pwd -P)|HERE|g; s|$PWD|HERE|g" > new-PHASE
    test -x "$TOOL" && printf '%s' "$OTHER $RELATIVE" > other-PHASE
- shell: echo x > "$GITHUB_WORKSPACE/written-PHASE"; test "$OWN" -ef sub
  env: {OWN: "${env.GITHUB_WORKSPACE}/sub"}
- shell: test "$PWD" -ef ../sub
  working_dir: sub
- claude: here
"""


def test_no_variable_names_the_checkout_in_any_phase(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (tmp_path / "link").symlink_to(repository)
    top = f'env: {{ROOT: "$GITHUB_WORKSPACE", BELOW_TOO: "${{GITHUB_WORKSPACE}}/sub/b.txt", SECOND: {repository}}}'
    environ = {
        "CHECKOUT_NAME": "/repository",
        "GITHUB_WORKSPACE": str(repository),
        "GITHUB_ACTION_PATH": f"{repository}/sub/",
        "PWD": str(repository),
        "OLDPWD": f"{repository}/sub",
        "INIT_CWD": str(repository),
        "TOP": f"{repository}/",
        "LINKED": str(tmp_path / "link"),
        "DOTS": f"{repository}/sub/..",
        "BELOW": f"{repository}/sub",
        "LIST": f"/usr/lib:{repository}/sub:{tmp_path}/link/new",
        "NEW": f"{repository}/not/there",
        "TOOL": f"{repository}/.tool/run",
        "OTHER": f"{repository}-2",
        "RELATIVE": "sub",
        "GIT_DIR": f"{repository}/.git",
        "GIT_WORK_TREE": str(repository),
        "GIT_INDEX_FILE": f"{repository}/.git/index",
    }
    files = {".gitignore": ".tool\nprodigy-results\n"}
    make_repository(repository, {"a.txt": "a\n", "sub/b.txt": "b\n", **files})
    (repository / ".tool").mkdir()
    (repository / ".tool/run").write_text("")
    (repository / ".tool/run").chmod(0o755)
    ended = _everywhere(tmp_path, top, environ)
    tree = succeeded(ended)
    for phase in PHASES:
        leads = [line.partition("=")[0] for line in tree[f"leads-{phase}"].splitlines()]
        assert sorted(leads) == ["OTHER", "TOOL"], "what exists in the checkout alone stays; a sibling is no part of it"
        assert tree[f"gone-{phase}"] == "none|none|none"
        assert f"wrong-{phase}" not in tree
        assert tree[f"list-{phase}"] == "/usr/lib:HERE/sub:HERE/new"
        assert tree[f"new-{phase}"] == "HERE/not/there"
        assert tree[f"other-{phase}"] == f"{repository}-2 sub"
        assert tree[f"written-{phase}"] == "x"
    assert "agent-ran" in tree


def _everywhere(tmp_path: Path, top: str, environ: dict[str, str]) -> Ended:
    agent = tmp_path / "agent"
    agent.write_text('#!/bin/sh\ntest "$PWD" -ef . && test "$GITHUB_WORKSPACE" -ef . && echo x > agent-ran\n')
    agent.chmod(0o755)
    document = workflow_of(dict.fromkeys(PHASES, SEEN), top=top)
    return run(tmp_path / "repository", document, "--agent-command", str(agent), **environ)


def test_commands_that_make_variables_and_items_run_in_the_worktree_too(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n", "sub/b.txt": "b\n"})
    document = """
name: computed
env:
  HERE: {command: 'printf %s "$GITHUB_WORKSPACE"'}
  ALSO: {command: pwd}
map:
  input: test "$GITHUB_WORKSPACE" -ef . && ls "$GITHUB_WORKSPACE"
  agent_template:
    - shell: test "$HERE" -ef . && test "${ALSO}" -ef . && echo x > "$HERE/made-${item}"
  commit: auto
"""
    ended = run(repository, document, GITHUB_WORKSPACE=str(repository))
    assert {"made-a.txt", "made-sub"} <= set(succeeded(ended)), ended.stdout


GLOBAL = """
name: home
map:
  input: [1, 2, 3, 4, 5, 6, 7, 8]
  commit: auto
  max_parallel: 8
  home: HOME_FIELD
  agent_template:
    - shell: |
        git config --global --get x.here > seen-${item}; git config --global --get x.there >> seen-${item}
        git config --get x.included >> seen-${item}
        for n in 1 2 3 4 5 6; do git config --global "mine.n$n" "${item}" || exit 9; done
        git config --global --get-regexp mine | cut -d' ' -f2 | sort -u >> seen-${item}
    - shell: git config --global --get mine.n1 > own-${item}; HOME=$PWD git config --get x.here >> own-${item}
    - shell: git config --get x.here > other-home-${item} || true
      env: {HOME: /nonexistent}
"""


def test_agents_do_not_see_what_others_change_in_the_global_configuration(tmp_path: Path) -> None:
    repository, home = make_repository(tmp_path / "repository", {"a.txt": "a\n"}), tmp_path / "home"
    (home / ".config/git").mkdir(parents=True)
    (home / ".config/git/config").write_text("[x]\n\tthere = xdg")
    (home / ".gitconfig").write_text("[x]\n\there = home\n[include]\n\tpath = more/included\n")
    (home / "more").mkdir()
    (home / "more/included").write_text("[x]\n\tincluded = yes\n")
    before = (home / ".gitconfig").read_text()
    ended = run(repository, GLOBAL.replace("HOME_FIELD", "item"), HOME=str(home))
    tree = succeeded(ended)
    for number in map(str, range(1, 9)):
        assert tree[f"seen-{number}"].split() == ["home", "xdg", "yes", number]
        assert tree[f"own-{number}"].split() == [number, "home"]
        assert tree[f"other-home-{number}"] == ""
    assert (home / ".gitconfig").read_text() == before


def test_a_shared_home_is_shared(tmp_path: Path) -> None:
    repository, home = make_repository(tmp_path / "repository", {"a.txt": "a\n"}), tmp_path / "home"
    home.mkdir()
    document = """
name: home
map:
  input: [1]
  home: shared
  agent_template:
    - shell: test -z "$GIT_CONFIG_GLOBAL" && git config --global x.y z
"""
    ended = run(repository, document, HOME=str(home))
    assert ended.exit_code == 0, ended.stdout
    assert "y = z" in (home / ".gitconfig").read_text()


@pytest.mark.parametrize("value", ("mine", "[item]"))
def test_another_value_of_home_is_refused_in_place(tmp_path: Path, value: str) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    document = f"name: home\nmap:\n  input: [1]\n  home: {value}\n  agent_template: [{{shell: 'true'}}]\n"
    ended = run(repository, document)
    assert ended.exit_code == 2
    assert "workflow.yml:4:9: error" in ended.stderr
    assert git(repository, "branch", "--list", "prodigy/*") == ""
