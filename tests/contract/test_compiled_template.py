"""The compiled template of the report is made from the template of this version, with the locked version of jinja2."""

from __future__ import annotations

import jinja2
import pytest

from prodigy_action.report.page import render
from tests.contract.generated_parts import COMPILED_TEMPLATE, ROOT
from tests.support.samples import typical_run


def page() -> str:
    render.page_template.cache_clear()
    return "".join(render.render_page(typical_run(30), lambda path, most, part: ("text", 4)))


def test_the_compiled_template_is_fresh() -> None:
    committed = (ROOT / COMPILED_TEMPLATE).read_text(encoding="utf-8")

    assert committed == render.compiled_page(), "run `make generate`"


def test_another_version_of_jinja2_compiles_the_template_and_writes_the_same_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled = page()
    monkeypatch.setattr(jinja2, "__version__", "0")

    assert page() == compiled
    render.page_template.cache_clear()
