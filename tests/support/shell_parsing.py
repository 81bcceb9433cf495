"""The pure functions about shell texts, with the trees that they need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prodigy_action.adapters.shell_parser.parser import ShfmtParser
from prodigy_action.inputs.composition.library import NamedFile
from prodigy_action.inputs.workflow_file import LoadedWorkflow
from prodigy_action.inputs.workflow_file import load_workflow as load_with_parser
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.dependency_analysis.batches import next_batches as next_parsed_batches
from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.dependency_analysis.footprint import Footprint
from prodigy_action.pure.dependency_analysis.graph import CommandGraph
from prodigy_action.pure.dependency_analysis.graph import analyze_dependencies as analyze_parsed
from prodigy_action.pure.dependency_analysis.shell_footprint import read_footprint as read_parsed_footprint
from prodigy_action.pure.dependency_analysis.step_footprint import footprint_texts
from prodigy_action.pure.dependency_analysis.value_mentions import mark_values
from prodigy_action.pure.dependency_analysis.worktree_paths import NO_PATHS, PathSet
from prodigy_action.pure.shell.safety.compiled import Interpreter
from prodigy_action.pure.shell.safety.render import ShellScript, text_to_parse
from prodigy_action.pure.shell.safety.render import render_shell as render_parsed
from prodigy_action.pure.shell.safety.syntax_problems import SyntaxProblem
from prodigy_action.pure.shell.safety.syntax_problems import find_syntax_problem as find_parsed_problem
from prodigy_action.pure.shell.syntax.standing import standing_text
from prodigy_action.pure.shell.syntax.tree import ParsedShells

PARSER = ShfmtParser()
"""Keeps its trees, so every text is parsed once per test process."""


class ParserAtOnce:
    """The port without threads, for worlds whose clock jumps."""

    def parse_now(self, texts: Iterable[str]) -> ParsedShells:
        return PARSER.parse_now(texts)

    async def parse(self, texts: Iterable[str]) -> ParsedShells:
        return PARSER.parse_now(texts)


def parsed(texts: Iterable[str]) -> ParsedShells:
    """The trees of texts without values of ours."""
    return PARSER.parse_now(standing_text(text).text for text in texts)


def render_shell(text: str, variables: Mapping[str, JsonValue], *, interpreter: Interpreter) -> ShellScript:
    """`render_shell` of the product, its text parsed before."""
    return render_parsed(
        text, variables, interpreter=interpreter, parsed=PARSER.parse_now(text_to_parse(text, variables))
    )


def read_footprint(text: str, *, working_dir: str = "", symlinks: PathSet = NO_PATHS) -> Footprint:
    """`read_footprint` of the product, its text parsed before."""
    trees = PARSER.parse_now([mark_values(text).text])
    return read_parsed_footprint(text, trees, working_dir=working_dir, symlinks=symlinks)


def analyze_dependencies(
    commands: Sequence[Command], *, symlinks: Collection[str] = (), start: int = 0
) -> CommandGraph:
    """`analyze_dependencies` of the product, the commands parsed before."""
    trees = PARSER.parse_now(footprint_texts(commands))
    return analyze_parsed(commands, trees, symlinks=symlinks, start=start)


def next_batches(commands: Sequence[Command], symlinks: Collection[str], start: int) -> tuple[list[list[int]], int]:
    """`next_batches` of the product, the commands parsed before."""
    return next_parsed_batches(commands, PARSER.parse_now(footprint_texts(commands)), symlinks, start)


@dataclass(frozen=True)
class TextFiles:
    """The files that a workflow may name, by their names in one directory."""

    texts: Mapping[str, str]
    main: str = "/workflow.yml"
    directory: str = "/"

    def find(self, names: Sequence[str], directory: str) -> NamedFile | None:
        for name in (f"{start}{name}" for start in (directory.strip("/"), "") for name in names):
            if name in self.texts:
                return NamedFile(name, f"/{name}", f"/{name.rpartition('/')[0]}", self.texts[name].encode())
        return None


def load_workflow(content: bytes, source: str, files: Mapping[str, str] | None = None) -> LoadedWorkflow:
    """`load_workflow` of the product, with a parser, and with the texts of the files that it may name."""
    return load_with_parser(content, source, PARSER, TextFiles(files or {}))


def parse_beforehand(texts: Sequence[str], variables: Mapping[str, JsonValue]) -> None:
    """Parse many texts at once, for speed."""
    PARSER.parse_now(each for text in texts for each in text_to_parse(text, variables))


def find_syntax_problem(text: str, roots: frozenset[str] = frozenset()) -> SyntaxProblem | None:
    """`find_syntax_problem` of the product, its text parsed before."""
    return find_parsed_problem(text, roots, PARSER.parse_now([standing_text(text, roots).text]))
