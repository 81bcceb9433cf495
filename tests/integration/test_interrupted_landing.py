"""Landing cut short by a signal, a limit or a fault: what landed is on record, and a resumed run lands the rest."""

from __future__ import annotations

import json
import os
import shutil
import signal
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.blackbox import TIMEOUT, Ended, prodigy
from tests.support.git import git, make_repository
from tests.support.killing import records_of, started

ITEMS = 60
LINES = 10 * ITEMS
WORKFLOW = """
name: landing
map:
  input: items.json
  max_parallel: 8
  agent_template:
    - shell: |
        [ ${item} != 0 ] || until [ "$(grep -c '"agent_finished"' JOURNAL)" = OTHERS ]; do sleep 0.05; done
        n=$((${item} == CONFLICTING ? 1 : ${item}))
        sed -i "$((10 * n + 1))s/.*/item ${item}/" shared.txt
        git commit -qam "item ${item}"
"""
SLOW_GIT = """#!/bin/sh
# The first items merge at once, each of the others takes SECONDS.
case " $* " in
*" merge-tree "*" --stdin "*)
  n=0
  while read -r pair; do
    n=$((n + 1))
    [ $n -le 2 ] || { touch MARKER; sleep SECONDS; }
    printf '%s\\n' "$pair"
  done | GIT "$@" ;;
*) exec GIT "$@" ;;
esac
"""


class Landing:
    """A run whose items all change one file, each another line, and are all ready when the first has ended."""

    def __init__(self, directory: Path, *, items: int = ITEMS, conflicting: int = -1) -> None:
        text = "".join(f"line {n}\n" for n in range(LINES))
        self.repository = make_repository(
            directory / "r", {"items.json": json.dumps(list(range(items))), "shared.txt": text}
        )
        self.items = items
        self.results = self.repository / "prodigy-results"
        self.base = git(self.repository, "rev-parse", "HEAD")
        self.marker = directory / "marker"
        self.workflow = directory / "w.yml"
        filled = WORKFLOW.replace("JOURNAL", str(self.results / "events.jsonl")).replace("OTHERS", str(items - 1))
        self.workflow.write_text(filled.replace("CONFLICTING", str(conflicting)))
        self.directory = directory

    def slow_git(self, seconds: float) -> dict[str, str]:
        """The environment in which the merge of an item takes so many seconds, but for the first ones."""
        script = SLOW_GIT.replace("MARKER", str(self.marker)).replace("SECONDS", str(seconds))
        return self._program("git", script.replace("GIT", str(shutil.which("git"))))

    def fault(self, text: str) -> dict[str, str]:
        """The environment in which Python runs this text before the program starts."""
        place = self.directory / "python"
        place.mkdir()
        (place / "sitecustomize.py").write_text(textwrap.dedent(text))
        return {"PYTHONPATH": str(place)}

    def _program(self, name: str, script: str) -> dict[str, str]:
        place = self.directory / "bin"
        place.mkdir()
        (place / name).write_text(script)
        (place / name).chmod(0o755)
        return {"PATH": f"{place}:{os.environ['PATH']}"}

    def signalled(self, environ: Mapping[str, str]) -> int:
        """Its exit code, when SIGTERM comes as soon as the marker is there."""
        with started(self.repository, "run", str(self.workflow), **environ) as process:
            deadline = time.monotonic() + TIMEOUT
            while not self.marker.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            return process.wait(TIMEOUT)

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.results / "results.json").read_text())
        return found

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = (self.results / "log.jsonl").read_text().splitlines()
        return [record for record in map(json.loads, lines) if record["event"] == event]

    def check(self, landed: Callable[[int], bool], *, conflicting: int | None = None) -> None:
        """The journal, the results and the branch agree on what landed, in item order, and the rest is `cancelled`."""
        records = records_of(self.results)
        landings = [record["item_id"] for record in records if record["event"] == "item_landed"]
        decided = len(landings) + (conflicting is not None)
        assert landed(len(landings)), landings
        assert landings == [n for n in range(decided) if n != conflicting]
        states = [item["state"] for item in self.document["items"]]
        expected = ["conflicted" if n == conflicting else "succeeded" for n in range(decided)]
        assert states == expected + ["cancelled"] * (self.items - decided)
        assert {item["reason"] for item in self.document["items"][decided:]} == {
            "its commits were recorded, and the run ended before they landed"
        }
        branch = self.document["branch"]
        assert changed_by(git(self.repository, "show", f"{branch}:shared.txt")) == set(landings)
        assert git(self.repository, "rev-parse", "HEAD") == self.base

    def resume(self, *options: str) -> Ended:
        return prodigy(self.repository, "run", str(self.workflow), "--resume-from", "prodigy-results", *options)

    def check_can_be_resumed(self) -> None:
        """The rest lands, and no item is executed again."""
        ended = self.resume()
        assert ended.exit_code == 0, ended.stdout
        assert ended.states == ["succeeded"] * self.items
        assert [len(item["attempts"]) for item in ended.results["items"]] == [1] * self.items
        assert changed_by(ended.tree()["shared.txt"]) == set(range(self.items))


def changed_by(text: str) -> set[int]:
    """The items that changed the shared file."""
    return {int(line.split()[1]) for line in text.splitlines() if line.startswith("item ")}


def test_a_signal_ends_a_run_with_many_items_that_land_slowly(tmp_path: Path) -> None:
    """They would land for 17 seconds; what has not landed about a second after the signal is not landed."""
    run = Landing(tmp_path)
    assert run.signalled(run.slow_git(0.3)) == 143
    run.check(lambda landed: 3 <= landed < ITEMS)
    run.check_can_be_resumed()


def test_a_signal_ends_a_run_whose_landing_hangs_and_the_items_before_it_are_accounted_for(tmp_path: Path) -> None:
    """The first item is no merge, two merge at once, of which one conflicts, and the next merge takes for ever."""
    run = Landing(tmp_path, items=8, conflicting=2)
    assert run.signalled(run.slow_git(100_000)) == 143
    run.check(lambda landed: landed == 2, conflicting=2)
    (failure,) = run.logged("item_failed")
    assert (failure["item_id"], failure["state"]) == (2, "conflicted")
    ended = run.resume("--redrive", "none")
    assert ended.states == ["succeeded"] * 2 + ["conflicted"] + ["succeeded"] * 5


def test_the_limit_of_the_run_ends_a_landing_that_hangs(tmp_path: Path) -> None:
    run = Landing(tmp_path, items=8)
    ended = prodigy(run.repository, "run", str(run.workflow), "--timeout-minutes", "0.15", **run.slow_git(100_000))
    assert ended.exit_code == 1, ended.stdout
    run.check(lambda landed: landed == 3)
    run.check_can_be_resumed()


FAULT = """
import os, signal
from prodigy_action.adapters.repository.private_repository import PrivateRepository

def write_ref(self, name, commit, right=PrivateRepository.write_ref, calls=[]):
    if name.endswith("/head"):
        calls.append(name)
        if len(calls) == 4:
            {first}
            raise RuntimeError("a fault of the product")
    right(self, name, commit)

PrivateRepository.write_ref = write_ref
"""


def test_what_landed_before_a_fault_of_the_product_is_on_record(tmp_path: Path) -> None:
    """The four items land together; a resumed run lands the one that is left, and no other again."""
    run = Landing(tmp_path, items=4)
    environ = run.fault(FAULT.format(first="pass"))
    ended = prodigy(run.repository, "run", str(run.workflow), **environ)
    assert ended.exit_code == 70, ended.stdout
    run.check(lambda landed: landed == 3)
    assert "a fault of the product" in run.logged("landing_stopped")[0]["error"]
    run.check_can_be_resumed()


def test_a_fault_of_the_product_is_in_the_log_when_a_signal_comes_at_once(tmp_path: Path) -> None:
    run = Landing(tmp_path, items=4)
    environ = run.fault(FAULT.format(first="os.kill(os.getpid(), signal.SIGTERM)"))
    ended = prodigy(run.repository, "run", str(run.workflow), **environ)
    assert ended.exit_code == 143, ended.stdout
    run.check(lambda landed: landed == 3)
    assert "a fault of the product" in run.logged("landing_stopped")[0]["error"]
