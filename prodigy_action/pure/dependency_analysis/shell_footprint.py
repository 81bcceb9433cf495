"""The footprint of a shell command, read from its syntax tree; what is not understood is a barrier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prodigy_action.pure.dependency_analysis.argument_words import EXPANSIONS, Word, read_word
from prodigy_action.pure.dependency_analysis.builtins import BUILTINS, touch_test
from prodigy_action.pure.dependency_analysis.command_arguments import touch_arguments
from prodigy_action.pure.dependency_analysis.expansions import read_expansions
from prodigy_action.pure.dependency_analysis.footprint import Access, Footprint, FootprintBuilder
from prodigy_action.pure.dependency_analysis.known_commands import KNOWN_COMMANDS, TOUCH_NO_FILE
from prodigy_action.pure.dependency_analysis.value_mentions import MARK, mark_values
from prodigy_action.pure.dependency_analysis.worktree_paths import NO_PATHS, PathSet
from prodigy_action.pure.shell.syntax.tree import parse_shell
from prodigy_action.pure.shell.syntax.tree_checks import (
    has_quoted_delimiter,
    here_documents_end_where_seen,
    joins_words,
    unseen_substitution,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_STATEMENTS = frozenset(
    {
        "program", "list", "pipeline", "compound_statement", "subshell", "if_statement", "elif_clause", "else_clause",
        "while_statement", "do_group", "negated_command", "variable_assignments", "command_substitution",
    }
)  # fmt: skip
_TOKENS = frozenset(
    {
        ";", ";;", "&&", "||", "|", "!", "(", ")", "{", "}", "$(", "`", "\n", "if", "then", "elif", "else", "fi",
        "while", "until", "do", "done", "for", "in", "case", "esac",
    }
)  # fmt: skip
_BLANK = re.compile(rb"(?:[ \t\n]|\\\n)*")
_WORDS = frozenset({"word", "number", "string", "raw_string", "concatenation", "ansi_c_string", "brace_expression"})
_INPUT_OPERATORS = frozenset({"<"})
_OUTPUT_OPERATORS = frozenset({">", ">>", ">|"})
_COPY_OPERATORS = frozenset({">&", "<&", ">&-", "<&-"})


def read_footprint(text: str, *, working_dir: str = "", symlinks: PathSet = NO_PATHS) -> Footprint:
    """What the shell command `text`, run in `working_dir`, reads and writes.

    `symlinks` are the links of the worktree (hard ones too), as paths relative to it. A path that contains such a link,
    or has one below it, may lead to another file, so it makes a barrier.
    """
    builder = FootprintBuilder(working_dir=working_dir, symlinks=symlinks)
    marked = mark_values(text)
    source = marked.text.encode("utf-8", "surrogateescape")
    root = parse_shell(source).root_node
    if root.has_error:
        builder.stop_at("the shell syntax is not understood")
    elif joins_words(source):
        builder.stop_at("a word that goes on in the next line is not understood")
    elif hidden := unseen_substitution(root, source):
        builder.stop_at(f"{hidden!r} is not understood where it stands")
    elif not here_documents_end_where_seen(root, source):
        builder.stop_at("a here-document is not understood")
    _Walker(builder, source).visit(root)
    builder.variable_reads = {name for name in builder.variable_reads if not name.startswith(MARK)}
    if builder.barrier is not None:
        builder.barrier = marked.unmark(builder.barrier)
    return builder.build()


class _Walker:
    """Visits statements; every node type that has no rule here is a barrier."""

    def __init__(self, builder: FootprintBuilder, source: bytes) -> None:
        self._builder = builder
        self._source = source

    def visit(self, node: Node) -> None:
        kind = node.type
        if kind == "comment":
            return
        self._check_gaps(node)
        if kind in _STATEMENTS:
            self._visit_all(node.children)
        elif kind == "command":
            self._command(node)
        elif kind == "redirected_statement":
            self._visit_all(node.children)
        elif kind in ("file_redirect", "heredoc_redirect", "herestring_redirect"):
            self._redirect(node)
        elif kind == "variable_assignment":
            self._assignment(node)
        elif kind in ("declaration_command", "unset_command"):
            self._declaration(node)
        elif kind == "test_command":
            touch_test(node.children[0].type, [read_word(leaf) for leaf in self._test_words(node)], self._builder)
        elif kind in ("for_statement", "case_statement", "case_item"):
            self._clause(node)
        elif node.is_named or kind not in _TOKENS:
            self._builder.stop_at(f"{_shown(node)} is more than is understood")
            self._visit_all(node.named_children)

    def _visit_all(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self.visit(node)

    def _check_gaps(self, node: Node) -> None:
        if node.type == "heredoc_redirect" or not node.children:
            return
        first, last = (0, len(self._source)) if node.type == "program" else (node.start_byte, node.end_byte)
        ends = [first, *(child.end_byte for child in node.children)]
        starts = [*(child.start_byte for child in node.children), last]
        for end, start in zip(ends, starts, strict=True):
            if not _BLANK.fullmatch(self._source[end:start]):
                self._builder.stop_at(f"{_shown(node)} is more than is understood")

    def _command(self, node: Node) -> None:
        words: list[Word] = []
        name: Word | None = None
        end = -1
        for child in node.children:
            if child.type == "command_name":
                name = read_word(child.children[0])
                self._expansions(child)
            elif child.type in ("variable_assignment", "file_redirect", "herestring_redirect", "heredoc_redirect"):
                self.visit(child)
            else:
                if child.start_byte == end:
                    self._builder.stop_at(f"{_shown(node)} is more than is understood")
                words.append(self._word(child))
            end = child.end_byte
        if name is not None:
            self._call(name, words)

    def _call(self, name: Word, words: Sequence[Word]) -> None:
        for word in words:
            if word.splits or word.glob:
                self._builder.touch(word, Access.TEXT)
            if word.odd:
                self._builder.stop_at(f"{word.text!r} is more than is understood")
        program = name.literal
        if program is None:
            self._builder.stop_at(f"the program {name.text!r} is not known before running")
        elif program in BUILTINS:
            BUILTINS[program](words, self._builder)
        elif program in KNOWN_COMMANDS:
            touch_arguments(program, KNOWN_COMMANDS[program], words, self._builder)
        elif program not in TOUCH_NO_FILE:
            self._builder.stop_at(f"what {program!r} reads and writes is not known")

    def _word(self, node: Node) -> Word:
        self._expansions(node)
        return read_word(node)

    def _expansions(self, node: Node) -> None:
        read_expansions(node, self._builder, self.visit)

    def _redirect(self, node: Node) -> None:
        operator, target = "", 0
        for child in node.children:
            if child.type in ("file_descriptor", "heredoc_start", "heredoc_end"):
                continue
            if not child.is_named:
                operator = operator or child.type
            elif child.type == "heredoc_body" or operator == "<<<":
                if not has_quoted_delimiter(node):
                    self._expansions(child)
            elif operator in ("<<", "<<-"):
                if child.type in _WORDS | EXPANSIONS:
                    self._builder.stop_at("arguments behind a here-document are not understood")
                self.visit(child)
            else:
                target += 1
                self._redirect_target(operator, self._word(child))
        if operator not in ("<<", "<<-", "<<<") and target != (0 if operator.endswith("-") else 1):
            self._builder.stop_at(f"the redirection {_shown(node)} is more than is understood")

    def _redirect_target(self, operator: str, word: Word) -> None:
        if operator in _COPY_OPERATORS:
            if not _is_descriptor(word):
                self._builder.stop_at(f"the redirection to {word.text!r} is more than is understood")
        elif operator in _INPUT_OPERATORS:
            self._builder.touch(word, Access.READ)
        elif operator in _OUTPUT_OPERATORS:
            self._builder.touch(word, Access.WRITE)
        else:
            self._builder.stop_at(f"the redirection {operator!r} is more than is understood")

    def _assignment(self, node: Node) -> None:
        name, operator, *value = node.children
        if name.type != "variable_name" or (value and value[0].type == "array"):
            self._builder.stop_at("arrays are not understood")
        self._builder.write_variable(_text(name))
        if operator.type == "+=":
            self._builder.variable_reads.add(_text(name))
        for part in value:
            self._expansions(part)

    def _declaration(self, node: Node) -> None:
        keyword = node.children[0].type
        if keyword not in ("export", "readonly", "unset"):
            self._builder.stop_at(f"{keyword!r} is more than is understood")
        for child in node.children[1:]:
            if child.type == "variable_assignment":
                self.visit(child)
                value = read_word(child.children[-1])
                if value.splits or value.glob:
                    self._builder.stop_at(f"{_shown(child)} may set other variables too")
            elif child.type == "variable_name":
                self._builder.write_variable(_text(child))
            else:
                self._expansions(child)
                self._builder.stop_at(f"the argument {_shown(child)} of {keyword!r} is not understood")

    def _clause(self, node: Node) -> None:
        globs = node.type == "for_statement"
        for position, child in enumerate(node.children):
            field = node.field_name_for_child(position)
            if child.type == "variable_name" and field == "variable":
                self._builder.write_variable(_text(child))
            elif field == "value" or child.type in _WORDS | EXPANSIONS | {"extglob_pattern"}:
                self._expansions(child)
                if globs:
                    self._builder.touch(read_word(child), Access.TEXT)
            else:
                self.visit(child)

    def _test_words(self, node: Node) -> list[Node]:
        """The words between the brackets in their order, whatever nodes the grammar makes of them."""
        leaves: list[Node] = []
        for child in node.children:
            if child.type in ("unary_expression", "binary_expression"):
                self._check_gaps(child)
                leaves.extend(self._test_words(child))
            elif child.type not in ("[", "]", "[[", "]]"):
                self._expansions(child)
                leaves.append(child)
        return leaves


def _is_descriptor(word: Word) -> bool:
    return word.literal == "-" or (word.literal or "").removesuffix("-").isdigit()


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "surrogateescape")


def _shown(node: Node) -> str:
    text = " ".join(_text(node).split())
    return repr(text if len(text) <= 40 else text[:39] + "…")
