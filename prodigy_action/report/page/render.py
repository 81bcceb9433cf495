"""The page out of its template, its script, its style and its data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from markupsafe import Markup

from prodigy_action.model.results import RunResult
from prodigy_action.pure.journal.run_timing import critical_path, map_timing
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.visible_text import visible
from prodigy_action.report.item_text import seconds_text
from prodigy_action.report.overview import Overview
from prodigy_action.report.page import compiled_template
from prodigy_action.report.page.assets import read_assets
from prodigy_action.report.page.data import page_data
from prodigy_action.report.page.details import ReadExcerpt
from prodigy_action.report.page.facts import page_facts
from prodigy_action.report.page.template_runtime import generate


def render_page(result: RunResult, read: ReadExcerpt, overview: Overview | None = None) -> Iterator[str]:
    """The page in pieces. `read` gives excerpts of logs and patches; secrets are masked in those and in `result`.

    Every text of others is escaped, and invisible characters in it are shown; the page's policy runs no script but its
    own. How much the page holds is bounded (`budget`), and it says what it leaves out. `overview` is that of the
    result, where there is one already.
    """
    overview = overview or Overview(result)
    rows = overview.rows
    timing, path = map_timing(result, rows), critical_path(rows)
    data = page_data(result, overview, path, read)
    assets = read_assets()
    variables = {
        **page_facts(result, overview, timing, path, reasons=data.reasons),
        "notes": data.notes,
        "policy": assets.policy,
        "style": Markup(assets.style),  # noqa: S704 - our own file
        "script": Markup(assets.script),  # noqa: S704 - our own file
        "data": map(Markup, data.pieces),
    }
    yield from generate(compiled_template, FILTERS, variables)


def _shown(text: str, length: int = 300) -> str:
    return visible(cut(text, length))


def _code(text: str) -> Markup:
    """Text between backticks as code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


def _lines(text: str, most: int = 20) -> str:
    return "\n".join(_shown(line) for line in text.splitlines()[-most:])


FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "seconds": seconds_text,
    "shown": _shown,
    "lines": _lines,
    "counted": "{:,}".format,
    "code": _code,
}
"""What the template can do with a value, by name."""
