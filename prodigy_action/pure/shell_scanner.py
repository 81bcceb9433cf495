"""Reads a shell text once, from left to right, and says in which quotes and which word each placeholder stands.

A second opinion beside the syntax tree, which recovers from errors by guessing: what the two do not see alike is
refused (see `shell_witness`). It reads the language of `sh` and of bash together and gives up on what it does not
know. Text is one character per byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodigy_action.pure.shell_sites import Frame, Heredoc, Quoting, Role, ShellCommand, ShellWord, Site
from prodigy_action.pure.shell_words import WordScanner

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[.*\])?\+?=", re.DOTALL)
_REDIRECT = re.compile(r"(?:[0-9]+|\{[A-Za-z_]\w*\})?(<<<|<<-|<<|<>|<&|<(?!\()|&>>|&>|>>|>\||>&|>(?!\())")
_CONDITION_END = re.compile(r"\]\](?=[\s;&|)<>]|\Z)")

_OPENERS = frozenset({"if", "while", "until", "{"})
_CLOSERS = frozenset({"fi", "done", "}"})
_CONTINUERS = frozenset({"then", "else", "elif", "do", "!", "time", "coproc"})
DECLARATIONS = frozenset({"declare", "typeset", "local", "export", "readonly"})
_ARITHMETIC_TESTS = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_NAME_TESTS = frozenset({"-v", "-R"})


class ShellScanner(WordScanner):
    """One pass over one text; after `scan`, `sites` holds every placeholder that was met."""

    def __init__(self, text: str, tokens: Mapping[int, int]) -> None:
        super().__init__(text, tokens)
        self.commands: list[ShellCommand] = []
        self.heredocs: list[Heredoc] = []
        self.functions: set[str] = set()
        self.loops: list[tuple[str, list[ShellWord]]] = []
        self.here_strings: list[int] = []
        self._pending: list[Heredoc] = []

    def scan(self) -> None:
        """Read the text to its end; raises `ScanFailed` where it is not understood."""
        self.read_commands("")

    def read_commands(self, closing: str, *, in_case: bool = False) -> None:
        """Read commands up to `closing` (consumed), a case terminator (not consumed) or the end of the region."""
        outer_pending, self._pending = self._pending, []
        statement = self.position
        depth = 0
        command = self._new_command()
        while True:
            self.skip_blanks()
            character = self.peek()
            if character == "":
                if closing or in_case:
                    raise self.failure(f"{closing or 'esac'!r} is missing")
                break
            if character == closing:
                self.position += 1
                break
            if character == "\n":
                self.position += 1
                self._read_bodies()
                command = self._new_command()
                statement = statement if depth else self.position
            elif character == "#":
                self._comment()
            elif (redirect := _REDIRECT.match(self.text, self.position, self.limit)) and (
                character in "<>&" or self.text[redirect.start() : redirect.start(1)]
            ):
                self._redirect(command, redirect)
            elif character in ";&|":
                if in_case and self.looking_at(";;", ";&"):
                    break
                piped = self._operator(command)
                if not piped and not depth:
                    statement = self.position
                command = self._new_command(statement if piped else None)
            elif character == "(":
                command = self._parenthesis(command)
            elif character == ")":
                raise self.failure("')' without '('")
            else:
                word_start = self.position
                reserved = "" if command.words or command.assignments else self._reserved_word()
                if in_case and reserved == "esac" and depth == 0:
                    break
                if not reserved:
                    self._simple_word(command)
                    continue
                self.position = word_start + len(reserved)
                depth += (reserved in _OPENERS) - (reserved in _CLOSERS)
                depth += self._compound(reserved, command)
                command = self._new_command(command.piped_from)
        if self._pending:
            raise self.failure("a here-document without its text")
        self._pending = outer_pending

    def _new_command(self, piped_from: int | None = None) -> ShellCommand:
        command = ShellCommand(piped_from=piped_from)
        self.commands.append(command)
        return command

    def _operator(self, command: ShellCommand) -> bool:
        for operator in ("&&", "||", "|&", ";;&", ";;", ";&", "|", "&", ";"):
            if self.looking_at(operator):
                self.position += len(operator)
                command.last_in_pipeline = operator not in ("|", "|&")
                return not command.last_in_pipeline
        raise self.failure("an unknown operator")

    def _reserved_word(self) -> str:
        match = re.compile(r"[a-z]+(?=[\s;&|()<>]|\Z)|\{(?=\s)|\}(?=[\s;&|)<>]|\Z)|!(?=\s)|\[\[(?=\s)").match(
            self.text, self.position, self.limit
        )
        word = match.group() if match else ""
        known = word in _OPENERS or word in _CLOSERS or word in _CONTINUERS
        return word if known or word in ("for", "select", "case", "esac", "function", "[[") else ""

    def _compound(self, reserved: str, command: ShellCommand) -> int:
        """Read the head that a reserved word begins; the change of nesting that it makes."""
        if reserved in ("for", "select"):
            self._loop_head()
        elif reserved == "case":
            self._case()
        elif reserved == "function":
            self.skip_blanks()
            self.functions.add(self._plain_word())
            self.skip_blanks()
            if self.looking_at("("):
                self._function_parentheses()
        elif reserved == "[[":
            self._condition(self.position - 2)
        elif reserved == "esac":
            raise self.failure("'esac' without 'case'")
        elif reserved == "time":
            self.skip_blanks()
            if re.compile(r"-p(?=\s)").match(self.text, self.position, self.limit):
                self.position += 2
        elif reserved == "coproc":
            self.skip_blanks()
            named = re.compile(r"[A-Za-z_]\w*(?=[ \t]+[{(])").match(self.text, self.position, self.limit)
            if named:
                self.position = named.end()
        return 0

    def _simple_word(self, command: ShellCommand) -> None:
        role = Role.ARGUMENT if command.words else Role.COMMAND
        may_assign = not command.words or command.words[0].text in DECLARATIONS
        word = self.read_word(command, role, may_assign=may_assign)
        if not command.words and _ASSIGNMENT.match(word.text):
            word.role = Role.ASSIGNMENT
            command.assignments.append(word)
        else:
            command.words.append(word)

    def _parenthesis(self, command: ShellCommand) -> ShellCommand:
        if len(command.words) == 1 and not command.assignments and not command.redirects:
            self.functions.add(command.words[0].text)
            self._function_parentheses()
        elif command.words or command.assignments or command.redirects:
            raise self.failure("'(' after a word")
        elif self.looking_at("(("):
            self.position += 2
            with self.inside(Frame(Quoting.ARITHMETIC)):
                self.read_arithmetic("))")
        else:
            self.position += 1
            self.read_commands(")")
        return self._new_command(command.piped_from)

    def _function_parentheses(self) -> None:
        self.position += 1
        self.skip_blanks()
        if not self.looking_at(")"):
            raise self.failure("a function's '(' without ')'")
        self.position += 1

    def _plain_word(self) -> str:
        match = re.compile(r"[^\s;&|()<>'\"\\$`]+").match(self.text, self.position, self.limit)
        if match is None:
            raise self.failure("a name is missing")
        self.position = match.end()
        return match.group()

    def _loop_head(self) -> None:
        self.skip_blanks()
        if self.looking_at("(("):
            self.position += 2
            with self.inside(Frame(Quoting.ARITHMETIC)):
                self.read_arithmetic("))")
            return
        name = self._plain_word()
        words: list[ShellWord] = []
        self._skip_lines()
        if re.compile(r"in(?=[\s;]|\Z)").match(self.text, self.position, self.limit):
            self.position += 2
            self.skip_blanks()
            while self.peek() not in ("", "\n", ";", "&"):
                words.append(self.read_word(None, Role.LOOP))
                self.skip_blanks()
        self.loops.append((name, words))

    def _case(self) -> None:
        self.skip_blanks()
        self.read_word(None, Role.SUBJECT)
        self._skip_lines()
        if not re.compile(r"in(?=\s)").match(self.text, self.position, self.limit):
            raise self.failure("'case' without 'in'")
        self.position += 2
        while True:
            self._skip_lines()
            if re.compile(r"esac(?=[\s;&|)<>]|\Z)").match(self.text, self.position, self.limit):
                self.position += 4
                return
            if self.looking_at("("):
                self.position += 1
            while True:
                self.skip_blanks()
                self.read_word(None, Role.PATTERN)
                self.skip_blanks()
                if self.looking_at(")"):
                    break
                if not self.looking_at("|"):
                    raise self.failure("a case pattern without ')'")
                self.position += 1
            self.position += 1
            self.read_commands("", in_case=True)
            for operator in (";;&", ";;", ";&"):
                if self.looking_at(operator):
                    self.position += len(operator)
                    break

    def _condition(self, start: int) -> None:
        """Read `[[ … ]]`; operands of the operators that count are marked as arithmetic."""
        command = self._new_command()
        name = ShellWord(start, Role.COMMAND, start + 2, "[[")
        command.words.append(name)
        previous: ShellWord | None = None
        while True:
            self._skip_lines()
            if _CONDITION_END.match(self.text, self.position, self.limit):
                self.position += 2
                return
            is_regex = previous is not None and previous.text == "=~"
            if self.looking_at("&&", "||"):
                self.position += 2
            elif self.peek() in ("(", ")", "<", ">") and not is_regex and not self.looking_at("<(", ">("):
                self.position += 1
            elif self.peek() in ("", ";", "&", "|", "#"):
                raise self.failure("'[[' without ']]'")
            else:
                word = self.read_word(command, Role.CONDITION, is_regex=is_regex)
                command.words.append(word)
                if previous is not None and previous.text in _ARITHMETIC_TESTS | _NAME_TESTS:
                    word.arithmetic = True
                if previous is not None and word.text in _ARITHMETIC_TESTS:
                    previous.arithmetic = True
                previous = word
                continue
            previous = None

    def _skip_lines(self) -> None:
        while True:
            self.skip_blanks()
            if self.peek() == "\n":
                self.position += 1
                self._read_bodies()
            elif self.peek() == "#":
                self._comment()
            else:
                return

    def _comment(self) -> None:
        end = self.text.find("\n", self.position, self.limit)
        end = self.limit if end < 0 else end
        with self.inside(Frame(Quoting.COMMENT)):
            self.mark_literal(self.position, end)
        self.position = end

    def _redirect(self, command: ShellCommand, match: re.Match[str]) -> None:
        operator = match.group(1)
        self.position = match.end()
        self.skip_blanks()
        if operator in ("<<", "<<-"):
            self._heredoc_start(command, strips_tabs=operator == "<<-")
            return
        if self.peek() in ("", "\n", ";", "|", "&", ")"):
            raise self.failure("a redirection without a target")
        if operator == "<<<":
            self.here_strings.append(match.start(1))
        word = self.read_word(command, Role.REDIRECT, operator=operator)
        command.redirects.append(word)
        command.split_by_dash |= operator.startswith("&>")

    def _heredoc_start(self, command: ShellCommand, *, strips_tabs: bool) -> None:
        start = self.position
        word = self.read_word(None, Role.REDIRECT)
        delimiter = word.literal
        if delimiter is None or self.met_between(start, word.end) or "$" in word.text or "`" in word.text:
            raise self.failure("the delimiter of a here-document must be plain text")
        quoted = delimiter != word.text
        heredoc = Heredoc(delimiter, start, word.end, quoted, strips_tabs, command, shares_line=bool(self._pending))
        for other in self._pending:
            other.shares_line = True
        command.reads_heredoc = True
        self._pending.append(heredoc)
        self.heredocs.append(heredoc)

    def _read_bodies(self) -> None:
        pending, self._pending = self._pending, []
        for heredoc in pending:
            self._read_body(heredoc)

    def _read_body(self, heredoc: Heredoc) -> None:
        heredoc.body_start = position = self.position
        continued = False
        while True:
            if position >= self.limit:
                raise self.failure(f"the here-document's end {heredoc.delimiter!r} is missing")
            end = self.text.find("\n", position, self.limit)
            line_end = self.limit if end < 0 else end
            line = self.text[position:line_end]
            if (line.lstrip("\t") if heredoc.strips_tabs else line) == heredoc.delimiter:
                if continued:
                    raise self.failure("a line of a here-document is continued into its end")
                break
            continued = not heredoc.quoted and (len(line) - len(line.rstrip("\\"))) % 2 == 1
            position = min(line_end + 1, self.limit)
        heredoc.closing_start, heredoc.body_end = position, line_end
        quoting = Quoting.QUOTED_HEREDOC if heredoc.quoted else Quoting.HEREDOC
        with self.inside(Frame(quoting, heredoc.command, heredoc=heredoc)):
            if heredoc.quoted:
                self.mark_literal(self.position, position)
            else:
                self.read_expanded(position)
        self.position = min(line_end + 1, self.limit)


def scan_shell(text: str, tokens: Mapping[int, int]) -> ShellScanner:
    """Scan `text` with placeholders at `tokens` (start → end); raises `ScanFailed` where it is not understood."""
    scanner = ShellScanner(text, tokens)
    scanner.scan()
    return scanner


__all__ = ["DECLARATIONS", "ShellScanner", "Site", "scan_shell"]
