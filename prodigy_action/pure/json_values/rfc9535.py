"""The JSONPath library, corrected where it departs from RFC 9535.

Each departure has its case in the tests: `[?@]` tests existence, also of `false` and `0`; text has no slices; `true`
does not equal 1 inside arrays and objects; `$` in a nested filter is the document; a document that is text is not
parsed; whole numbers of any size keep their digits; names may hold characters beyond the basic plane; documents may be
deeper than 100 levels; a regular expression has a time limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathMatch, Lexer, NodeList, Parser
from jsonpath.exceptions import JSONPathSyntaxError
from jsonpath.filter import BaseExpression, FloatLiteral, IntegerLiteral, RelativeFilterQuery, RootFilterQuery
from jsonpath.function_extensions import Match, Search
from jsonpath.selectors import FilterContext
from jsonpath.stream import TokenStream

from prodigy_action.pure.json_values.comparison import json_equal
from prodigy_action.pure.text.bounded_regex import MATCH_SECONDS, too_slow

if TYPE_CHECKING:
    from prodigy_action.model.json_value import JsonValue


class LeanMatch(JSONPathMatch):
    """A node without its path and its children, which this program does not use."""

    __slots__ = ()

    def add_child(self, *children: JSONPathMatch) -> None:
        """Keep nothing: otherwise a list of 100,000 items would be in memory twice."""

    def new_child(self, obj: object, key: int | str) -> JSONPathMatch:
        """A node below this one."""
        return LeanMatch(filter_context={}, obj=obj, parent=None, parts=(), path="", root=self.root)


def nodes(path: JSONPath, start: object, root: Any) -> Iterable[JSONPathMatch]:
    """What `path` selects below `start` in the document `root`."""
    found: Iterable[JSONPathMatch] = [
        LeanMatch(filter_context={}, obj=start, parent=None, parts=(), path="", root=root)
    ]
    for segment in path.segments:
        found = segment.resolve(found)
    return found


class _RelativeQuery(RelativeFilterQuery):
    def evaluate(self, context: FilterContext) -> object:
        return NodeList(nodes(self.path, context.current, context.root))


class _RootQuery(RootFilterQuery):
    def evaluate(self, context: FilterContext) -> object:
        return NodeList(nodes(self.path, context.root, context.root))


class _StrictLexer(Lexer):
    key_pattern = r"[\u0080-\uD7FF\uE000-\U0010FFFFa-zA-Z_][\u0080-\uD7FF\uE000-\U0010FFFFa-zA-Z0-9_-]*"


class _StrictParser(Parser):
    def parse_relative_query(self, stream: TokenStream) -> BaseExpression:
        query = super().parse_relative_query(stream)
        return _RelativeQuery(query.path) if isinstance(query, RelativeFilterQuery) else query

    def parse_absolute_query(self, stream: TokenStream) -> BaseExpression:
        query = super().parse_absolute_query(stream)
        return _RootQuery(query.path) if isinstance(query, RootFilterQuery) else query

    def parse_integer_literal(self, stream: TokenStream) -> BaseExpression:
        token = stream.next()
        digits = token.value.removeprefix("-")
        if digits.startswith("0") and len(digits) > 1:
            raise JSONPathSyntaxError("a number starts with 0", token=token)
        if not digits.isdigit():
            return FloatLiteral(value=float(token.value))
        if len(digits) > 4000:
            raise JSONPathSyntaxError("a number has too many digits", token=token)
        return IntegerLiteral(value=int(token.value))


class _BoundedPattern:
    """A compiled pattern with a time limit for each match."""

    def __init__(self, pattern: Any, text: str) -> None:
        self._pattern, self._text = pattern, text

    def fullmatch(self, value: str) -> bool:
        return self._bounded(self._pattern.fullmatch, value)

    def search(self, value: str) -> bool:
        return self._bounded(self._pattern.search, value)

    def _bounded(self, match: Any, value: str) -> bool:
        try:
            return match(value, timeout=MATCH_SECONDS) is not None
        except TimeoutError as error:
            raise too_slow(self._text, value) from error


class _BoundedMatch(Match):
    def check_cache(self, pattern: str) -> Any:
        found = super().check_cache(pattern)
        return None if found is None else _BoundedPattern(found, pattern)


class _BoundedSearch(Search):
    def check_cache(self, pattern: str) -> Any:
        found = super().check_cache(pattern)
        return None if found is None else _BoundedPattern(found, pattern)


class StrictEnvironment(JSONPathEnvironment):
    """RFC 9535 without the extensions of the library."""

    lexer_class = _StrictLexer
    parser_class = _StrictParser
    match_class = LeanMatch
    max_recursion_depth = 400

    def __init__(self) -> None:
        super().__init__(strict=True)

    def setup_function_extensions(self) -> None:
        """The functions of the RFC, with a time limit for regular expressions."""
        super().setup_function_extensions()
        self.function_extensions["match"] = _BoundedMatch()
        self.function_extensions["search"] = _BoundedSearch()

    def getitem(self, obj: Any, key: Any) -> Any:
        """An element; slices of text are empty."""
        return () if isinstance(obj, str) and isinstance(key, slice) else super().getitem(obj, key)

    def compare(self, left: object, operator: str, right: object) -> bool:
        """Compare two values as JSON, anything else (existence, empty results) as the library does."""
        if operator in ("&&", "||") or not (_is_json(left) and _is_json(right)):
            return super().compare(left, operator, right)
        if operator in ("==", "!="):
            return _equal(left, right) is (operator == "==")
        ordered = not (isinstance(left, bool) or isinstance(right, bool)) and super().compare(left, operator[0], right)
        return ordered or ("=" in operator and _equal(left, right))


def _is_json(value: object) -> bool:
    return value is None or (isinstance(value, str | int | float | list | dict) and not isinstance(value, NodeList))


def _equal(left: object, right: object) -> bool:
    return json_equal(cast("JsonValue", left), cast("JsonValue", right))
