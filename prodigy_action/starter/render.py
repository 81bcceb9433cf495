"""The texts of the files that `init` writes."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from prodigy_action.starter.languages import Language


def starter_workflow(language: Language | None, below: str, name: str) -> str:
    """The workflow file `name` for the files of the language below the directory `below` of the repository.

    `below` is "" for the whole repository, else it ends with a slash. Without a language every text file is an item.
    """
    steps = language.steps if language else ('codespell --write-changes -- "${item}"',)
    return (
        _templates()
        .get_template("prodigy.yml")
        .render(
            files=f"{language.name} file" if language else "text file",
            command=json.dumps(_list_command(language, below), ensure_ascii=False),
            steps=steps,
            path=name,
        )
    )


def starter_job(path: str) -> str:
    """The workflow of GitHub Actions that runs the workflow file `path`."""
    return _templates().get_template("job.yml").render(path=json.dumps(path, ensure_ascii=False))


def _list_command(language: Language | None, below: str) -> str:
    """A command that prints the names of the files, one per line."""
    below = re.sub(r"[*?\[\\]", r"\\\g<0>", below)  # a directory may be named `[id]`
    if language is None:
        place = " -- " + shlex.quote(below + "*") if below else ""
        return f"git grep -I --name-only -e ''{place}"
    return " ".join(["git ls-files --", *(shlex.quote(f"{below}*.{ending}") for ending in language.endings)])


@cache
def _templates() -> Environment:
    """The templates; a value stands in `<% … %>`, because the files are full of `${…}` and `${{ … }}`."""
    return Environment(  # noqa: S701  # YAML, not HTML: values are quoted as JSON, which is YAML
        loader=FunctionLoader(lambda name: files(__package__).joinpath("templates", name).read_text(encoding="utf-8")),
        variable_start_string="<%",
        variable_end_string="%>",
        line_statement_prefix="%%",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
