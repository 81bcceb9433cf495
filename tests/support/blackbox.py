"""Runs the product as a user does: a repository, a workflow file, the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.support.git import clean_environ, tree_of
from tests.support.results_schema import read_results
from tests.support.starting import start

TIMEOUT = 120
"""Seconds after which a run of the program counts as hanging."""


@dataclass(frozen=True)
class Ended:
    """A run of the program."""

    exit_code: int
    stdout: str
    stderr: str
    repository: Path
    results_dir: Path

    @property
    def results(self) -> dict[str, Any]:
        """`results.json`, which fits its published schema."""
        return read_results(self.results_dir / "results.json")

    @property
    def states(self) -> list[str]:
        """The state of every item, in item order."""
        return [item["state"] for item in self.results["items"]]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The records of the journal."""
        return [json.loads(line) for line in (self.results_dir / "events.jsonl").read_text().splitlines()]

    @property
    def log(self) -> list[dict[str, Any]]:
        """The records of the structured log."""
        return [json.loads(line) for line in (self.results_dir / "log.jsonl").read_text().splitlines()]

    def logged(self, *events: str) -> list[dict[str, Any]]:
        """The records of these events in the structured log."""
        return [record for record in self.log if record["event"] in events]

    def tree(self, commit: str = "HEAD") -> dict[str, str]:
        """The files of a commit of the repository."""
        return tree_of(self.repository, commit)


def prodigy(repository: Path, *arguments: str, **environ: str) -> Ended:
    """Run the program in a repository; never raises for its exit code."""
    return _ended(repository, start(arguments, repository, clean_environ(**environ), TIMEOUT))


def prodigy_afresh(repository: Path, *arguments: str, **environ: str) -> Ended:
    """The same with an interpreter of its own, for tests of what the kernel shows of a process."""
    return _ended(repository, start(arguments, repository, clean_environ(**environ), TIMEOUT, afresh=True))


def _ended(repository: Path, done: CompletedProcess[str]) -> Ended:
    return Ended(done.returncode, done.stdout, done.stderr, repository, repository / "prodigy-results")


def run(repository: Path, workflow: str, *options: str, name: str = "workflow.yml", **environ: str) -> Ended:
    """Write a workflow beside the repository and run it."""
    path = repository.parent / name
    path.write_text(workflow)
    return prodigy(repository, "run", str(path), *options, **environ)
