"""The end of a run: verdict, results, summary, outputs, annotations, ownership."""

from __future__ import annotations

import signal
import uuid
from pathlib import Path

from prodigy_action.adapters.ownership import give_to_owner
from prodigy_action.app.composition import RunParts
from prodigy_action.errors import ExitCode, ProdigyError, ResultsUnwritable
from prodigy_action.inputs.github_context import GitHubContext
from prodigy_action.model.events import RunFinished
from prodigy_action.model.results import RunResult
from prodigy_action.pure.aggregation import check_accounting, fold_events
from prodigy_action.pure.verdict import Verdict, decide_verdict
from prodigy_action.report.artifact import render_results
from prodigy_action.report.commands import CommandWriter, annotations_of
from prodigy_action.report.console import render_console
from prodigy_action.report.outputs import action_outputs, render_file_command
from prodigy_action.report.summary import render_summary
from prodigy_action.runtime import Failed, Outcome
