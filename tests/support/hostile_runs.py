"""Runs whose every text is somebody else's, and is made of what GitHub's Markdown would act on."""

from __future__ import annotations

from hypothesis import strategies as st

from prodigy_action.model.events import ErrorRecord
from prodigy_action.model.item_parts import Conflict, ItemState
from prodigy_action.model.results import ItemResult, PhaseResult, RunResult, WorkflowIdentity
from tests.support.runner.hostile_texts import hostile_texts
from tests.support.samples import item_result, run_result

MARKDOWN = (
    *("|", "`", "``", "```", "\n```\n", "<", ">", "&", "&amp;", "&#10;", "&lt;", "\\", "*", "**", "_", "~~", "#", "-"),
    *("@octocat", "@org/team", "#12", "octo/repo#7", "https://evil.example/x", "www.evil.example", "a@evil.example"),
    *("[x](https://evil.example)", "![x](https://evil.example/p.png)", "<!-- ", " -->", "<b>", "</code>", "</td>"),
    *("</pre>", "</details>", "</table>", "<script>alert(1)</script>", '<img src=x onerror="a()">', "\n\n# h\n\n"),
    *("| a | b |\n|---|---|\n", ":tada:", "$x$", "$$", "\n\n", "[^1]", "<https://evil.example>", "'", '"', "]]>", "\0"),
)
markdown_texts = st.lists(st.sampled_from(MARKDOWN) | hostile_texts, max_size=8).map("".join)
FAILED: tuple[ItemState, ...] = ("failed", "timed_out", "conflicted", "skipped", "succeeded")


@st.composite
def hostile_items(draw: st.DrawFn, id: int) -> ItemResult:
    """An item whose every text is somebody else's."""
    texts = [draw(markdown_texts) for _ in range(6)]
    fields: dict[str, object] = {
        "item": draw(st.sampled_from([texts[0], {texts[0]: texts[1]}, [texts[0], texts[1]]])),
        "reason": texts[2],
        "error": ErrorRecord(kind="k", message=texts[3], step=texts[4], output_tail=texts[5]),
        "files_changed": [texts[2]],
        "conflict": Conflict(files=[texts[4]], with_items=[0]),
        "log": f"logs/{texts[3]}",
    }
    return item_result(id, draw(st.sampled_from(FAILED)), **fields)


@st.composite
def hostile_runs(draw: st.DrawFn) -> RunResult:
    """A run whose every text is somebody else's."""
    items = [draw(hostile_items(id)) for id in range(draw(st.integers(0, 3)))]
    text, message, tail, reason = (draw(markdown_texts) for _ in range(4))
    phases = {
        "setup": PhaseResult(state="failed", seconds=1, error=ErrorRecord(kind="k", message=message, output_tail=tail))
    }
    return run_result(
        items,
        workflow=WorkflowIdentity(name=text, path=text, sha256="a" * 64),
        message=message,
        phases=phases,
        checkout_updated=False,
        checkout_reason=reason,
        branch=f"prodigy/{text}",
    )
