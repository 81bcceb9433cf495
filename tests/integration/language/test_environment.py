"""`env`, `env_files`, profiles and parameters in every phase, and which of them wins."""

from __future__ import annotations

from pathlib import Path

from tests.support.blackbox import prodigy, run
from tests.support.everywhere import PHASES, run_everywhere, succeeded
from tests.support.git import make_repository

TOP = """
env_files: [.env, {path: absent.env, required: false}]
env:
  A: env
  B: env
  C: env
  D: env
  TEXT: 012
  BARE: ~
  JOINED: "${A}-${CALLER}-$FROM_FILE"
  COMPUTED: {command: 'echo "computed $A"', cache: true}
  CHOSEN: {condition: "${target} == 'production'", when_true: "live ${A}", when_false: staged}
  SPACED: "two  words"
profiles:
  fast: {description: quick, B: profile, C: profile, D: profile}
  slow: {env: {B: slow}}
secrets: {S: SECRET_IN}
parameters:
  target: {type: string, required: true, description: where to}
  count: {type: integer, default: 3}
  ratio: {type: number, default: 1.50}
  flag: {type: boolean, default: false}
  list: {type: array, default: '["x", "y z"]'}
  tree: {type: object, default: '{"a": {"b": 7}}'}
  D: {default: parameter}
"""
STEPS = """
- shell: |
    printf '%s|' "$PROC" "$A" "$B" "$C" "${D}" "$TEXT" "$BARE" "$JOINED" "$COMPUTED" "$CHOSEN" > seen-PHASE
    sh -c 'printf "%s|" "$A" "$B" "$C" "$PROC"' > exported-PHASE
    printf '%s|' $SPACED ${SPACED} "${SPACED}" "${env.A}" > words-PHASE
  env: {C: step, B2: "$B", S: step}
- shell: |
    printf '%s|' "${target}" "${count}" "${ratio}" "${flag}" "${list}" "${list[1]}" "${tree.a.b}" > params-PHASE
    printf '%s|' "$target" "$ARG_1" "${ARG_1}" "${extra:-none}" >> params-PHASE
  when: count == 3 && !flag
- shell: printf %s "$S" | wc -c | tr -d ' ' > secret-PHASE
  env: {S: step}
- shell: printf '%s|' "$target" "$PATHS" "$TWICE" > own-PHASE
  env: {target: "${target}", PATHS: "$HOME:/more", ONE: "1", TWICE: "${ONE}${ONE}"}
- shell: printf '%s|' "${A}" "$A" > shadow-PHASE
  env: {A: mine}
- claude: $target ${A} $UNKNOWN
  env: {A: mine}
- shell: printf %s "${claude.output}" > agent-PHASE
"""


def test_values_come_from_everywhere_and_the_nearest_wins_in_every_phase(tmp_path: Path) -> None:
    files = {".env": "export A=file\nFROM_FILE='from file' # comment\nPROC=file\n"}
    options = ("--profile", "fast", "--param", "target=production", "--param", "ARG_1=first", "--param", "D=given")
    ended = run_everywhere(
        tmp_path,
        STEPS,
        *options,
        top=TOP,
        files=files,
        CALLER="caller",
        PROC="process",
        SECRET_IN="secretsecret",
        HOME="/home/me",
    )
    tree = succeeded(ended)
    for phase in PHASES:
        computed = "env-caller-from file|computed env|live env|"
        assert tree[f"seen-{phase}"] == f"file|env|profile|step|given|012|~|{computed}"
        assert tree[f"exported-{phase}"] == "env|profile|step|file|"
        assert tree[f"words-{phase}"] == "two|words|two|words|two  words|env|"
        assert tree[f"params-{phase}"] == "production|3|1.50|false|x, y z|y z|7|production|first|first|none|"
        assert tree[f"secret-{phase}"] == "12"
        assert tree[f"own-{phase}"] == "production|/home/me:/more|11|"
        assert tree[f"shadow-{phase}"] == "mine|mine|"
        assert tree[f"agent-{phase}"] == "1|production mine $UNKNOWN|"


def test_what_is_missing_or_of_the_wrong_type_is_reported_before_anything_runs(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {})
    document = """
name: wrong
env_files: [{path: absent.env, required: true}]
secrets: {S: NOT_SET, F: {provider: file, key: absent}}
parameters: {must: {required: true}, number: {type: integer, default: 1}, kind: {type: boolean, default: true}}
steps: [{shell: 'true'}]
"""
    ended = run(repository, document, "--param", "number=x", "--param", "kind=1", "--profile", "none")
    assert ended.exit_code == 2
    for reported in (
        "'must' is required",
        "'number' is 'x'",
        "'kind' is '1'",
        "profile 'none'",
        "'absent.env'",
        "NOT_SET",
    ):
        assert reported in ended.stderr, reported
    assert "'F' has no value" in ended.stderr


def test_a_variable_that_cannot_be_computed_anew_is_warned_of(tmp_path: Path) -> None:
    document = "env: {NOW: {command: date, cache: false}}\nsteps: [{shell: 'true'}]\n"
    (tmp_path / "workflow.yml").write_text(document)
    ended = prodigy(tmp_path, "validate", "workflow.yml")
    assert ended.exit_code == 0
    assert "workflow.yml:1:35: warning: the command runs once per run" in ended.stdout + ended.stderr
