"""The same steps in every phase of one run, so that one process start shows a field in all of them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from tests.support.blackbox import Ended, run
from tests.support.git import make_repository

PHASES = ("setup", "map", "reduce", "merge")
REPORT = (
    'on_failure: {shell: \'printf "%s\\n" "${error.message}" >> errors-PHASE\', '
    "retry_original: false, fail_workflow: false}"
)
"""A handler that writes down why its step failed, and lets the phase go on."""
AGENT = '#!/bin/sh\nprintf "%s|" "$#" "$@"\nprintf "%s\\n" "$PWD" > "agent-ran"\n'
"""Stands in for `claude`: prints the number of its arguments and the arguments."""


def steps_of(phase: str, steps: str) -> str:
    """A list of steps for a phase: `PHASE` is its name, `REPORT` the handler above."""
    text = textwrap.dedent(steps).strip("\n")
    return text.replace("REPORT", REPORT).replace("PHASE", phase)


def workflow_of(steps: Mapping[str, str], *, top: str = "", map_fields: str = "input: [one]") -> str:
    """A workflow with these steps in these phases; what each leaves is committed after it."""
    kept = "    - shell: git add -A && git commit -q --allow-empty -m kept"
    indented = {phase: textwrap.indent(steps_of(phase, text), "    ") for phase, text in steps.items()}
    template = textwrap.indent(indented.get("map", "    - shell: ':'"), "  ")
    fields = textwrap.indent(textwrap.dedent(map_fields).strip("\n"), "  ")
    lines = ["name: everywhere", textwrap.dedent(top).strip("\n")]
    lines += [f"setup:\n{indented['setup']}\n{kept}"] if "setup" in indented else []
    committing = [] if "commit:" in fields else ["  commit: auto"]
    lines += ["map:", fields, *committing, f"  agent_template:\n{template}"]
    lines += [f"reduce:\n{indented['reduce']}\n{kept}"] if "reduce" in indented else []
    lines += [f"merge:\n{indented.get('merge', '')}\n{kept}"]
    return "\n".join(lines) + "\n"


def run_everywhere(
    directory: Path,
    steps: str,
    *options: str,
    phases: tuple[str, ...] = PHASES,
    top: str = "",
    map_fields: str = "input: [one]",
    files: Mapping[str, str | bytes] | None = None,
    **environ: str,
) -> Ended:
    """Run `steps` in each of `phases`, with an agent command that prints its arguments."""
    agent = directory / "agent"
    agent.write_text(AGENT)
    agent.chmod(0o755)
    repository = make_repository(directory / "repository", {"a.txt": "a\n", "sub/b.txt": "b\n", **(files or {})})
    document = workflow_of(dict.fromkeys(phases, steps), top=top, map_fields=map_fields)
    return run(repository, document, "--agent-command", str(agent), *options, **environ)


def succeeded(ended: Ended) -> dict[str, str]:
    """The files that were published by a run that went well."""
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    return ended.tree()
