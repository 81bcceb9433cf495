"""The job summary when inputs or the workflow are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_action.errors import Diagnostic
from prodigy_action.report.html_text import code, preformatted, rows_within
from prodigy_action.report.item_text import counted

PROBLEMS_MOST, PROBLEMS_BYTES = 100, 200 * 1024


def render_refusal(diagnostics: Sequence[Diagnostic]) -> str:
    """Every problem with its place, its source line and what to write instead, as GitHub-flavoured Markdown."""
    problems = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
    shown = rows_within(map(_problem, problems), most=PROBLEMS_MOST, size=PROBLEMS_BYTES)
    title = f"<h2>❌ {counted(len(problems), 'problem')}: nothing was run</h2>"
    left = len(problems) - len(shown)
    more = [f"<p>… and {left:,} more: see the log.</p>"] if left else []
    return "\n".join([title, *shown, *more]) + "\n\n"


def _problem(diagnostic: Diagnostic) -> str:
    text = f"<p>{code(diagnostic.place)}<br>{code(diagnostic.message, 1000)}"
    hint = f"<br>→ {code(diagnostic.hint, 500)}" if diagnostic.hint else ""
    source = preformatted([diagnostic.source_line]) if diagnostic.source_line else ""
    return f"{text}{hint}</p>{source}"
