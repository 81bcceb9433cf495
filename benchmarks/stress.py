"""Thousands of agents, some of them vandals, in two runs on one repository at once: not one may fail by our doing.

python -m benchmarks.stress --items 10000 --parallel 16
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.repositories import SMALL, clean_environ, git, make_repository

AGENT = """
case $((N % 10)) in
  3) rm -rf area1 && chmod 700 area2 && echo left > untracked-$N ;;
  4) find area3 -type f | head -n 5 | while read -r file; do echo vandal > "$file"; done ;;
  5) git config user.name vandal; git tag vandal-$N; git stash list ;;
  6) git checkout -q -b topic-$N ;;
  7) mkdir nested && git init -q nested && ln -s /etc link-$N ;;
esac
test $((N % 20)) != 9 || exit 3
echo "$N" > "$RUN-$N.txt"
if [ $((N % 20)) = 8 ]; then echo "$N" > "$RUN-shared"; git add "$RUN-shared"; fi
git add "$RUN-$N.txt" && git commit -q -m "item $N"
"""


def expected_state(number: int) -> str:
    """What the agent of that item comes to: every twentieth fails, and of those that share a file the first lands."""
    if number % 20 == 9:
        return "failed"
    return "conflicted" if number % 20 == 8 and number > 8 else "succeeded"


def main() -> int:
    """Run both, and print what is wrong; the exit code is 1 when anything is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stress", description=__doc__)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--parallel", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prodigy-stress-") as name:
        root = Path(name)
        (root / "tmp").mkdir()
        repository = make_repository(root / "repository", SMALL)
        started = time.perf_counter()
        with ThreadPoolExecutor(2) as threads:
            runs = [threads.submit(_run, root, repository, run, options.items, options.parallel) for run in ("a", "b")]
            faults = [fault for run in runs for fault in run.result()]
        faults += [f"left behind: {path}" for path in (root / "tmp").iterdir()]
        git(repository, "fsck", "--strict")
        seconds = time.perf_counter() - started
    for fault in faults[:50]:
        print(fault)
    print(f"2 runs of {options.items} agents over {options.parallel} slots: {len(faults)} errors in {seconds:.0f} s")
    return 1 if faults else 0


def _run(root: Path, repository: Path, run: str, items: int, parallel: int) -> list[str]:
    workflow = root / f"{run}.yml"
    (root / f"{run}.json").write_text(json.dumps(list(range(items))))
    step = {"shell": AGENT, "env": {"N": "${item}", "RUN": run}}
    workflow.write_text(
        f"name: {run}\nmode: mapreduce\nmap:\n  input: cat {root}/{run}.json\n  json_path: $[*]\n"
        f"  max_parallel: {parallel}\n  agent_template:\n    - {json.dumps(step)}\n"
    )
    results = f"results-{run}"
    command = [sys.executable, "-m", "prodigy_action", "run", str(workflow), "--results-dir", results]
    done = subprocess.run(
        [*command, "--log-level", "error"],
        cwd=repository,
        env=clean_environ({"TMPDIR": str(root / "tmp")}),
        capture_output=True,
        check=False,
    )
    if done.returncode != 1:
        return [f"run {run} ended with {done.returncode}: {done.stderr.decode()[-2000:]}"]
    document = json.loads((repository / results / "results.json").read_text())
    return [*_wrong_items(run, document), *_wrong_tree(repository, run, document, items)]


def _wrong_items(run: str, document: dict[str, Any]) -> list[str]:
    faults = []
    for item in document["items"]:
        number, state = item["item"], item["state"]
        step_failed = state == "failed" and item["error"]["kind"] == "step_failed" and item["error"]["exit_code"] == 3
        if state != expected_state(number) or (state == "failed" and not step_failed):
            faults.append(f"run {run}, item {number}: {state} instead of {expected_state(number)}: {item['error']}")
    counts = Counter(item["state"] for item in document["items"])
    if sum(counts.values()) != document["counts"]["planned"]:
        faults.append(f"run {run}: {document['counts']} does not add up to {counts}")
    return faults


def _wrong_tree(repository: Path, run: str, document: dict[str, Any], items: int) -> list[str]:
    landed = {f"{run}-{number}.txt" for number in range(items) if expected_state(number) == "succeeded"}
    base = set(git(repository, "ls-tree", "-r", "--name-only", document["base_sha"]).splitlines())
    found = set(git(repository, "ls-tree", "-r", "--name-only", document["branch"]).splitlines())
    wanted = base | landed | {f"{run}-shared"}
    faults = [f"run {run}: {name} is in the tree" for name in sorted(found - wanted)]
    faults += [f"run {run}: {name} is not in the tree" for name in sorted(wanted - found)]
    return faults


if __name__ == "__main__":
    sys.exit(main())
