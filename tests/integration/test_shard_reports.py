"""Results that come from another machine are checked before anything of them is used, through the command line."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.git import commit_all, git, make_repository
from tests.support.shard_jobs import Jobs, forged, items_of

WORKFLOW = """
name: divided
setup:
  - shell: echo more >> file-0
map:
  input: items.json
  agent_template:
    - shell: echo edited >> file-${item.n}; git commit -qam edited; echo edited
"""
Records = list[dict[str, Any]]


@dataclass(frozen=True)
class Hostile:
    """A report of shard 1 that must not be used: what was done to it, and what the refusal says."""

    said: str
    change: Callable[[Records], object] = lambda _: None
    damage: Callable[[Path], object] = field(default=lambda _: None)


def every(records: Records, kind: str, **fields: object) -> None:
    for record in records:
        if record["event"] == kind:
            record.update(fields)


def planned(records: Records) -> dict[str, Any]:
    return next(record for record in records if record["event"] == "planned")


def end(records: Records) -> dict[str, Any]:
    """The end of item 1."""
    return next(record for record in records if record["event"] == "agent_finished" and record["item_id"] == 1)


def job(records: Records) -> dict[str, Any]:
    """The start of the job with the phase `map`."""
    return next(record for record in records if record.get("phase") == "map" and record["event"] == "run_started")


def linked(directory: Path, name: str, target: str) -> None:
    """Put a link in the place of a file or directory."""
    path = directory / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    path.symlink_to(target)


def replace(directory: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    path = directory / name
    path.write_bytes(change(path.read_bytes()))


def flipped(content: bytes) -> bytes:
    """The same with another letter in the middle of the second line from the end."""
    place = content[: content.rindex(b"\n", 0, -1)].rindex(b'"event"')
    return content[:place] + b'"evenT"' + content[place + 7 :]


def other_history(directory: Path) -> None:
    """A bundle of a repository that has nothing to do with the run."""
    other = make_repository(directory / "other", {"a": "b\n"})
    git(other, "bundle", "create", "--quiet", str(directory / "commits.bundle"), "main")


def other_start(directory: Path) -> None:
    """A bundle on top of another commit than that of the plan."""
    other = make_repository(directory / "other", {"a": "b\n"})
    commit_all(other)
    git(other, "bundle", "create", "--quiet", str(directory / "commits.bundle"), "main~1..main")


def escaping(records: Records) -> None:
    run_id = records[0]["run_id"]
    ref = {"name": "refs/tags/a", "object_id": "0" * 40, "kept_as": f"refs/prodigy/{run_id}/refs/../../../../config"}
    end(records).update(refs=[ref])


LOG = "logs/item-0001.log"
HOSTILE = {
    "another run": Hostile("it is of the run other", lambda records: every(records, "run_started", run_id="other")),
    "another plan": Hostile("it executed another plan", lambda records: planned(records).update(plan="0" * 32)),
    "other items": Hostile(
        "its items are not those of shard 1 of 2",
        lambda records: planned(records)["items"][0].update(item={"n": 2}),
    ),
    "another slice": Hostile("item 0, which is not in shard", lambda records: end(records).update(item_id=0)),
    "another number of shards": Hostile(
        "its items are not those of shard 1 of 3", lambda records: job(records).update(shard={"index": 1, "total": 3})
    ),
    "no shard": Hostile("it does not say which shard it is", lambda records: job(records).update(shard=None)),
    "a whole run": Hostile(
        "it is the report of no shard", lambda records: job(records).update(phase="all", shard=None)
    ),
    "an unknown record": Hostile(
        "holds a record that this version does not know", lambda records: records[-1].update(event="made")
    ),
    "a landing": Hostile(
        "a record `item_landed`",
        lambda records: records.append({"event": "item_landed", "item_id": 1, "commit": "0" * 40, "how": "merge"}),
    ),
    "a path that leaves": Hostile(
        "item 1 names the file 'logs/../../x'", lambda records: end(records).update(log="logs/../../x")
    ),
    "the log of another item": Hostile(
        "item 1 names the file", lambda records: end(records).update(log="logs/item-0000.log")
    ),
    "a reference that leaves": Hostile("item 1 names the reference", escaping),
    "no commit": Hostile(
        "item 1 names '--help', which is no commit",
        lambda records: end(records).update(head="--help", commits=["--help"]),
    ),
    "a commit too many": Hostile(
        "the commits of item 1 do not stand on",
        lambda records: end(records)["commits"].insert(0, "0" * 40),
    ),
    "an unknown head": Hostile(
        "its commits are damaged or incomplete",
        lambda records: end(records).update(head="1" * 40, commits=["1" * 40]),
    ),
    "a wrong checksum": Hostile(
        "does not match its checksum", damage=lambda place: replace(place, "events.jsonl", flipped)
    ),
    "garbage": Hostile(
        "its journal is empty", damage=lambda place: replace(place, "events.jsonl", lambda _: os.urandom(99))
    ),
    "an endless journal": Hostile(
        "bytes, more than the", damage=lambda place: os.truncate(place / "events.jsonl", (1 << 30) + 1)
    ),
    "a linked journal": Hostile(
        "a symbolic link is in its place", damage=lambda place: linked(place, "events.jsonl", "/etc/passwd")
    ),
    "a linked log": Hostile(f"{LOG!r} in it is a link", damage=lambda place: linked(place, LOG, "/etc/passwd")),
    "linked logs": Hostile("a symbolic link is in its place", damage=lambda place: linked(place, "logs", "/etc")),
    "a linked bundle": Hostile(
        "a symbolic link is in its place", damage=lambda place: linked(place, "commits.bundle", "/etc/passwd")
    ),
    "no bundle": Hostile(
        "its commits are damaged or incomplete", damage=lambda place: (place / "commits.bundle").unlink()
    ),
    "half a bundle": Hostile(
        "its commits are damaged or incomplete",
        damage=lambda place: replace(place, "commits.bundle", lambda content: content[:-40]),
    ),
    "a bundle of another history": Hostile("commits.bundle does not stand on", damage=other_history),
    "a bundle on another commit": Hostile("commits.bundle does not stand on", damage=other_start),
    "text for a bundle": Hostile(
        "commits.bundle is no whole git bundle",
        damage=lambda place: replace(place, "commits.bundle", lambda _: b"# v2 git bundle\n-x\n\n"),
    ),
}


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    """A plan and its two shards."""
    files = {f"file-{n}": "start\n" for n in range(4)}
    made = Jobs(tmp_path_factory.mktemp("jobs"), WORKFLOW, {**files, "items.json": items_of(4)})
    assert made.setup().exit_code == 0
    assert [made.map(index, 2).exit_code for index in range(2)] == [0, 0]
    return made


def warnings_of(results: Path) -> list[str]:
    """What the run warned of about shards."""
    lines = map(json.loads, (results / "log.jsonl").read_text().splitlines())
    return [line["message"] for line in lines if line["event"] == "shards_incomplete"]


def make_hostile(jobs: Jobs, name: str, target: Path) -> None:
    """A hostile report of shard 1, which says to be a later attempt."""
    hostile = HOSTILE[name]

    def change(records: Records) -> None:
        job(records).update(attempt=9)
        hostile.change(records)

    forged(jobs.all / "M_1", target, change)
    hostile.damage(target)


def test_every_hostile_report_is_refused_by_its_name_and_the_good_one_of_the_shard_lands(jobs: Jobs) -> None:
    source = jobs.directory / "hostile"
    shutil.copytree(jobs.all, source)
    for name in HOSTILE:
        make_hostile(jobs, name, source / name)
    (source / "a link").symlink_to(source / "M_1")
    ended = jobs.reduce(source=source)
    assert (ended.exit_code, ended.states) == (0, ["succeeded"] * 4), ended.stderr
    warnings = warnings_of(ended.results_dir)
    expected = {**{name: each.said for name, each in HOSTILE.items()}, "a link": "it is a link"}
    found = {name: [each for each in warnings if f"'{source}/{name}' were refused" in each] for name in expected}
    assert {name: said for name, said in found.items() if len(said) != 1 or expected[name] not in said[0]} == {}
    assert len(warnings) == len(HOSTILE) + 1


def test_a_refused_shard_counts_as_missing_and_its_items_name_it(jobs: Jobs) -> None:
    source = jobs.directory / "refused"
    shutil.copytree(jobs.all, source)
    shutil.rmtree(source / "M_1")
    make_hostile(jobs, "half a bundle", source / "M_1")
    ended = jobs.reduce(source=source)
    assert (ended.exit_code, ended.states) == (1, ["succeeded", "not_run"] * 2), ended.stderr
    reason = f"the report of shard 1 (of 2, counted from 0) was refused ({source}/M_1)"
    assert [item["reason"] for item in ended.results["items"][1::2]] == [reason] * 2
    assert not list(ended.results_dir.glob("logs/item-0001*"))


def test_without_a_plan_nothing_is_collected(jobs: Jobs) -> None:
    refused = jobs.reduce(source=jobs.all / "M_1")
    assert (refused.exit_code, "holds no plan" in refused.stderr) == (2, True), refused.stderr
