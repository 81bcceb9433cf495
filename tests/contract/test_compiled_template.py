"""The compiled template of the report is made from the template of this version, with the locked version of jinja2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

import pytest

from prodigy_action.report.page import compiled_template, render, template_runtime
from tests.contract.generated_parts import COMPILED_TEMPLATE, ROOT, compiled_page, page_environment, page_source
from tests.support.samples import typical_run


def page() -> str:
    return "".join(render.render_page(typical_run(30), lambda path, most, part: ("text", 4)))


def test_the_compiled_template_is_fresh() -> None:
    committed = (ROOT / COMPILED_TEMPLATE).read_text(encoding="utf-8")

    assert committed == compiled_page(), "run `make generate`"


def test_jinja2_itself_writes_the_same_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_jinja2(
        _: ModuleType, __: Mapping[str, Callable[..., str]], variables: Mapping[str, object]
    ) -> Iterator[str]:
        return page_environment().from_string(page_source()).generate(variables)

    compiled = page()
    monkeypatch.setattr(render, "generate", by_jinja2)

    assert page() == compiled


def test_a_variable_without_a_value_is_an_error_of_the_template() -> None:
    with pytest.raises(template_runtime.TemplateRuntimeError, match="'policy' is undefined"):
        "".join(template_runtime.generate(compiled_template, render.FILTERS, {}))
