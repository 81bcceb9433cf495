"""The jobs of a divided run, each in a clone of its own of depth 1; only results directories pass from job to job."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prodigy_action.adapters.results.journal_lines import JournalScan, frame_line, render_record
from prodigy_action.model.json_value import parse_json
from tests.support.blackbox import Ended, prodigy
from tests.support.git import git, make_repository


class Jobs:
    """A repository and a workflow; `all` is the directory with the results of the jobs."""

    def __init__(self, directory: Path, workflow: str, files: dict[str, str], **environ: str) -> None:
        self.environ = environ
        self.directory = directory
        self.origin = make_repository(directory / "origin", files)
        self.base = git(self.origin, "rev-parse", "HEAD")
        self.workflow = directory / "workflow.yml"
        self.workflow.write_text(workflow)
        self.all = directory / "all"
        self.all.mkdir()
        self._clones = 0

    def clone(self) -> Path:
        """A new clone with one commit."""
        self._clones += 1
        path = self.directory / f"clone-{self._clones}"
        git(self.directory, "clone", "--quiet", "--depth", "1", f"file://{self.origin}", str(path))
        git(path, "config", "user.name", "Author")
        git(path, "config", "user.email", "author@example.org")
        return path

    def arguments(self, *options: str, results: Path) -> tuple[str, ...]:
        """The command line of a job."""
        given = ("--results-dir", str(results), "--commits", "deterministic", "--quiet", *options)
        return ("run", str(self.workflow), *given)

    def job(self, *options: str, results: Path, clone: Path | None = None) -> Ended:
        """One job; `results` is its results directory."""
        place = clone or self.clone()
        ended = prodigy(place, *self.arguments(*options, results=results), **self.environ)
        return Ended(ended.exit_code, ended.stdout, ended.stderr, place, results)

    def whole(self, *options: str) -> Ended:
        """All phases in one job."""
        return self.job(*options, results=self.directory / "whole")

    def setup(self, *options: str, clone: Path | None = None) -> Ended:
        """The job with the phase `setup`."""
        return self.job("--phase", "setup", *options, results=self.all / "P", clone=clone)

    def map(self, index: int, total: int, *options: str, results: Path | None = None) -> Ended:
        """One job with the phase `map`."""
        place = results or self.all / f"M_{index}"
        return self.job(*self.of_shard(index, total), *options, results=place)

    def of_shard(self, index: int, total: int) -> tuple[str, ...]:
        """The options of a job with the phase `map`."""
        shard = ("--phase", "map", "--shard-index", str(index), "--shard-total", str(total))
        return (*shard, "--resume-from", str(self.all))

    def reduce(self, *options: str, source: Path | None = None) -> Ended:
        """The job with the phase `reduce`; its results are outside of `all`."""
        given = ("--phase", "reduce", "--resume-from", str(source or self.all))
        place = self.directory / f"reduced-{self._clones}"
        return self.job(*given, *options, results=place)


def forged(source: Path, target: Path, change: Callable[[list[dict[str, Any]]], object]) -> Path:
    """A copy of a results directory whose journal `change` has changed; its checksums are right."""
    shutil.copytree(source, target)
    journal = target / "events.jsonl"
    records: list[dict[str, Any]] = []
    for line in JournalScan(journal.name).records(journal.read_bytes().splitlines(keepends=True)):
        record = parse_json(line.decode())
        assert isinstance(record, dict)
        records.append({name: value for name, value in record.items() if name not in ("seq", "run")})
    change(records)
    run_id = str(records[0]["run_id"])
    lines = (frame_line(seq, render_record(record), run_id) for seq, record in enumerate(records, start=1))
    journal.write_bytes(b"".join(lines))
    return target


def items_of(number: int) -> str:
    """A file of items `{"n": 0}`, `{"n": 1}` and so on."""
    return json.dumps([{"n": n} for n in range(number)])
