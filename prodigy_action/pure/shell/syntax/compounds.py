"""Reads compound commands: loops, `case`, `[[ … ]]`, functions."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping

from prodigy_action.pure.shell.syntax.nodes import Frame, Quoting, Role, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.redirects import RedirectScanner

_CONDITION_END = re.compile(r"\]\](?=[ \t\n;&|)<>]|\Z)")
_TIME_OPTION = re.compile(r"-p(?=[ \t\n])")
_COPROC_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?=[ \t]+[{(])")
_PLAIN = re.compile(r"[^ \t\n;&|()<>'\"\\$`]+")
_IN = re.compile(r"in(?=[ \t\n;]|\Z)")
_ESAC = re.compile(r"esac(?=[ \t\n;&|)<>]|\Z)")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ARITHMETIC_TESTS = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_NAME_TESTS = frozenset({"-v", "-R"})


class CompoundScanner(RedirectScanner):
    """The heads of compound commands; their bodies are ordinary lists of commands."""

    def __init__(self, text: str, tokens: Mapping[int, int]) -> None:
        super().__init__(text, tokens)
        self.commands: list[ShellCommand] = []
        self.functions: dict[str, int] = {}
        self.loops: dict[str, list[ShellWord]] = {}

    @abstractmethod
    def _read_case_branch(self) -> None:
        """Read the commands of one branch of a `case`, up to its end (not consumed)."""

    def _new_command(self, piped_from: int | None = None) -> ShellCommand:
        command = ShellCommand(piped_from=piped_from)
        self.commands.append(command)
        return command

    def _blank_out(self, start: int) -> None:
        self.rewordings.append((start, " " * (self.position - start)))

    def _compound(self, reserved: str) -> None:
        """Read the head that a reserved word begins; the cursor stands behind the word."""
        word_start = self.position - len(reserved)
        if reserved in ("for", "select"):
            self._loop_head()
        elif reserved == "case":
            self._case()
        elif reserved == "function":
            self.skip_blanks()
            self.functions[self._plain_word()] = self.position
            self.skip_blanks()
            if self.looking_at("("):
                self._function_parentheses()
        elif reserved == "[[":
            self._condition(self.position - 2)
        elif reserved == "esac":
            raise self.failure("'esac' without 'case'")
        elif reserved == "time":
            self.skip_blanks()
            if _TIME_OPTION.match(self.text, self.position, self.limit):
                self.position += 2
            self._blank_out(word_start)
        elif reserved == "coproc":
            self.skip_blanks()
            named = _COPROC_NAME.match(self.text, self.position, self.limit)
            if named:
                self.position = named.end()
            self._blank_out(word_start)

    def _function_parentheses(self) -> None:
        self.position += 1
        self.skip_blanks()
        if not self.looking_at(")"):
            raise self.failure("a function's '(' without ')'")
        self.position += 1

    def _plain_word(self) -> str:
        match = _PLAIN.match(self.text, self.position, self.limit)
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
        if _IN.match(self.text, self.position, self.limit):
            self.position += 2
            self.skip_blanks()
            while self.peek() not in ("", "\n", ";", "&"):
                words.append(self.read_word(None, Role.LOOP))
                self.skip_blanks()
        self.loops.setdefault(name, []).extend(words)

    def _case(self) -> None:
        self.skip_blanks()
        self.read_word(None, Role.SUBJECT)
        self._skip_lines()
        if not _IN.match(self.text, self.position, self.limit):
            raise self.failure("'case' without 'in'")
        self.position += 2
        while True:
            self._skip_lines()
            if _ESAC.match(self.text, self.position, self.limit):
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
            self._read_case_branch()
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
                for counted in (word, previous):
                    if counted is not None and counted.arithmetic:
                        self.counted.update(_IDENTIFIER.findall(counted.text))
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
