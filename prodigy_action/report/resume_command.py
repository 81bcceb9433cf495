"""The command that resumes a run, for people to paste."""

from __future__ import annotations

import shlex

from prodigy_action.model.results import RunResult


def resume_command(result: RunResult, results_dir: str) -> str:
    """The command that executes what failed or did not end; empty when nothing is left to do.

    Options that the run was started with, such as parameters, are not in it.
    """
    if result.phase == "setup":
        return ""
    counts = result.counts
    left = counts.failed + counts.timed_out + counts.conflicted + counts.cancelled + counts.not_run
    if not left and result.result in ("success", "partial"):
        return ""
    words = ["prodigy-action", "run", result.workflow.path]
    if result.shard is not None:
        words += ["--phase", "map", "--shard-index", str(result.shard.index), "--shard-total", str(result.shard.total)]
    return shlex.join([*words, "--resume-from", results_dir.rstrip("/") or "/"])
