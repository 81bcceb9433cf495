"""JSONPath: RFC 9535, its examples and the places where the library departs from it."""

import re
from typing import Any

import pytest

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue, NumberText, compact_json, parse_json
from prodigy_action.pure.json_values.json_path import JsonPath

STORE = """{"store": {"book": [
    {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
    {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
    {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
    {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8",
     "price": 22.99}], "bicycle": {"color": "red", "price": 399}}}"""
NAMES = """{"o": {"j j": {"k.k": 3}}, "'": {"@": 2}}"""
WILD = """{"o": {"j": 1, "k": 2}, "a": [5, 3]}"""
LETTERS = """["a", "b", "c", "d", "e", "f", "g"]"""
FILTERED = """{"a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
    "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f"}"""
COMPARED = """{"obj": {"x": "y"}, "arr": [2, 3]}"""
DESCEND = """{"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]}"""
NULLS = """{"a": null, "b": [null], "c": [{}], "null": 1}"""


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    (
        (STORE, "$.store.book[*].author", '["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]'),
        (STORE, "$..author", '["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]'),
        (STORE, "$.store..price", "[8.95,12.99,8.99,22.99,399]"),
        (STORE, "$..book[2].author", '["Herman Melville"]'),
        (STORE, "$..book[2].publisher", "[]"),
        (STORE, "$..book[-1].title", '["The Lord of the Rings"]'),
        (STORE, "$..book[0,1].title", '["Sayings of the Century","Sword of Honour"]'),
        (STORE, "$..book[:2].title", '["Sayings of the Century","Sword of Honour"]'),
        (STORE, "$..book[?@.isbn].title", '["Moby Dick","The Lord of the Rings"]'),
        (STORE, "$..book[?@.price<10].title", '["Sayings of the Century","Moby Dick"]'),
        (STORE, "$..book[?(@.price < 10)].title", '["Sayings of the Century","Moby Dick"]'),
        (NAMES, "$.o['j j']", '[{"k.k":3}]'),
        (NAMES, "$.o['j j']['k.k']", "[3]"),
        (NAMES, '$.o["j j"]["k.k"]', "[3]"),
        (NAMES, """$["'"]["@"]""", "[2]"),
        (WILD, "$[*]", '[{"j":1,"k":2},[5,3]]'),
        (WILD, "$.o[*]", "[1,2]"),
        (WILD, "$.o[*, *]", "[1,2,1,2]"),
        (WILD, "$.a[*]", "[5,3]"),
        (LETTERS, "$[1]", '["b"]'),
        (LETTERS, "$[-2]", '["f"]'),
        (LETTERS, "$[1:3]", '["b","c"]'),
        (LETTERS, "$[5:]", '["f","g"]'),
        (LETTERS, "$[1:5:2]", '["b","d"]'),
        (LETTERS, "$[5:1:-2]", '["f","d"]'),
        (LETTERS, "$[::-1]", '["g","f","e","d","c","b","a"]'),
        (LETTERS, "$[0, 3]", '["a","d"]'),
        (LETTERS, "$[0:2, 5]", '["a","b","f"]'),
        (LETTERS, "$[0, 0]", '["a","a"]'),
        (LETTERS, "$[1:5:0]", "[]"),
        (FILTERED, "$.a[?@.b == 'kilo']", '[{"b":"kilo"}]'),
        (FILTERED, "$.a[?(@.b == 'kilo')]", '[{"b":"kilo"}]'),
        (FILTERED, "$.a[?@>3.5]", "[5,4,6]"),
        (FILTERED, "$.a[?@.b]", '[{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]'),
        (
            FILTERED,
            "$[?@.*]",
            '[[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}}]',
        ),
        (FILTERED, "$[?@[?@.b]]", '[[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]]'),
        (FILTERED, "$.o[?@<3, ?@<3]", "[1,2,1,2]"),
        (FILTERED, '$.a[?@<2 || @.b == "k"]', '[1,{"b":"k"}]'),
        (FILTERED, '$.a[?match(@.b, "[jk]")]', '[{"b":"j"},{"b":"k"}]'),
        (FILTERED, '$.a[?search(@.b, "[jk]")]', '[{"b":"j"},{"b":"k"},{"b":"kilo"}]'),
        (FILTERED, "$.o[?@>1 && @<4]", "[2,3]"),
        (FILTERED, "$.o[?@.u || @.x]", '[{"u":6}]'),
        (FILTERED, "$.a[?@.b == $.x]", "[3,5,1,2,4,6]"),
        (FILTERED, "$.a[?@ == @]", '[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]'),
        (COMPARED, "$[?$.absent1 == $.absent2]", '[{"x":"y"},[2,3]]'),
        (COMPARED, "$[?$.absent1 <= $.absent2]", '[{"x":"y"},[2,3]]'),
        (COMPARED, "$[?$.absent == 'g']", "[]"),
        (COMPARED, "$[?$.absent1 != $.absent2]", "[]"),
        (COMPARED, "$[?1 <= 2 && 'a' <= 'b']", '[{"x":"y"},[2,3]]'),
        (COMPARED, "$[?13 == '13' || 1 > 2]", "[]"),
        (COMPARED, "$[?$.obj == $.arr]", "[]"),
        (COMPARED, "$[?$.obj == $.obj && $.arr == $.arr]", '[{"x":"y"},[2,3]]'),
        (COMPARED, "$[?$.obj <= $.arr || $.obj < $.arr]", "[]"),
        (COMPARED, "$[?$.arr <= $.arr && true <= true]", '[{"x":"y"},[2,3]]'),
        (COMPARED, "$[?true > true || 1 <= $.arr]", "[]"),
        (DESCEND, "$..j", "[1,4]"),
        (DESCEND, "$..[0]", '[5,{"j":4}]'),
        (DESCEND, "$..o", '[{"j":1,"k":2}]'),
        (DESCEND, "$.o..[*, *]", "[1,2,1,2]"),
        (DESCEND, "$.a..[0, 1]", '[5,3,{"j":4},{"k":6}]'),
        (NULLS, "$.a", "[null]"),
        (NULLS, "$.a[0]", "[]"),
        (NULLS, "$.a.d", "[]"),
        (NULLS, "$.b[0]", "[null]"),
        (NULLS, "$.b[?@]", "[null]"),
        (NULLS, "$.b[?@==null]", "[null]"),
        (NULLS, "$.c[?@.d==null]", "[]"),
        (NULLS, "$.null", "[1]"),
        ('[{"a":[1,2]},{"a":"xy"},{"a":5},{}]', "$[?length(@.a)==2]", '[{"a":[1,2]},{"a":"xy"}]'),
        ("[[1,2],[1]]", "$[?count(@.*)>1]", "[[1,2]]"),
        ('[{"a":1},{"a":2}]', "$[?value(@.a)==2]", '[{"a":2}]'),
    ),
)
def test_the_examples_of_the_rfc(document: str, path: str, expected: str) -> None:
    assert compact_json(JsonPath.parse(path).select(parse_json(document))) == expected


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    (
        ('[0,false,"",null,[]]', "$[?@]", '[0,false,"",null,[]]'),
        ('[0,false,""]', "$[?!@]", "[]"),
        ('{"a":"xyz"}', "$.a[0:2]", "[]"),
        ('{"a":"xyz"}', "$..[0:1]", "[]"),
        ('"5"', "$", '["5"]'),
        ('"{bad"', "$", '["{bad"]'),
        ('["5","{bad"]', "$[?@ == '5']", '["5"]'),
        ("[true,1,1.0]", "$[?@ == 1]", "[1,1.0]"),
        ('[{"a":[true],"b":[1]},{"a":{"x":0},"b":{"x":false}}]', "$[?@.a == @.b]", "[]"),
        ('{"t":1,"l":[{"k":[{"v":1},{"v":2}]}]}', "$.l[?@.k[?@.v == $.t]]", '[{"k":[{"v":1},{"v":2}]}]'),
        ("[12345678901234567890,12345678901234567891]", "$[?@ == 12345678901234567890]", "[12345678901234567890]"),
        ("[1.10,1.1,1e1]", "$[?@ < 2]", "[1.10,1.1]"),
        ('{"😀":1}', "$.😀", "[1]"),
        ('{"work-items":[1]}', "$.work-items[*]", "[1]"),
    ),
)
def test_where_the_library_departs_from_the_rfc(document: str, path: str, expected: str) -> None:
    assert compact_json(JsonPath.parse(path).select(parse_json(document))) == expected


def test_selected_values_are_the_objects_of_the_document() -> None:
    document: Any = {"items": [{"n": NumberText("1.50")}, {"n": 10**30}]}
    selected = JsonPath.parse("$.items[*]").select(document)
    assert all(left is right for left, right in zip(selected, document["items"], strict=True))


@pytest.mark.parametrize(
    ("short", "full"),
    (
        ("items[*]", "$.items[*]"),
        (" .items[*]", "$.items[*]"),
        ("[*].a", "$[*].a"),
        ("items[?(@.p = 9)].a", "$.items[?(@.p == 9)].a"),
        ("items[?@.a = '=' && @.p != 8]", "$.items[?@.a == '=' && @.p != 8]"),
    ),
)
def test_a_short_form_of_a_workflow_selects_as_the_full_one(short: str, full: str) -> None:
    document: JsonValue = {"items": [{"p": 9, "a": "="}, {"p": 8, "a": "x"}]}
    assert JsonPath.of_workflow(short).select(document) == JsonPath.parse(full).select(document)


@pytest.mark.parametrize(
    ("text", "message", "start"),
    (
        ("", "a JSONPath starts with $", 0),
        ("a.", "the JSONPath ends too early", 2),
        ("a[?@.b = 01]", "a number starts with 0", 9),
        ("$[?@.a === 1]", "unexpected '='", 9),
    ),
)
def test_a_problem_of_a_short_form_is_at_its_place(text: str, message: str, start: int) -> None:
    with pytest.raises(ExpressionError, match=re.escape(message)) as refused:
        JsonPath.of_workflow(text)
    assert refused.value.start == start


def test_a_document_of_three_hundred_levels_can_be_searched() -> None:
    document: JsonValue = "found"
    for _ in range(300):
        document = {"a": document}
    assert JsonPath.parse("$..a").select(document)[-1] == "found"


def test_a_document_that_is_too_deep_to_be_searched_is_an_error() -> None:
    document: JsonValue = {}
    for _ in range(900):
        document = {"a": document}
    with pytest.raises(ExpressionError, match="nested too deeply"):
        JsonPath.parse("$..b").select(document)


@pytest.mark.parametrize(
    ("text", "message", "start", "hint"),
    (
        ("items[*]", "a JSONPath starts with $", 0, "write $.items[*]"),
        ("[*]", "a JSONPath starts with $", 0, "write $[*]"),
        ("", "a JSONPath starts with $", 0, "write $.items[*]"),
        ("$.a.", "the JSONPath ends too early", 4, None),
        ("$.a[", "the JSONPath ends too early", 4, None),
        ("$['a", "quoted text without a closing quote", 2, "close it with '"),
        ("$.a | $.b", "unexpected '|'", 4, None),
        (" $[?@.a==1 and @.b]", "unexpected 'and'", 11, "and is written &&"),
        ("$[?leng(@.a) > 1]", "unknown function 'leng'", 3, "did you mean `length`?"),
        ("$[?@.a > )]", "unexpected ')'", 9, None),
        ("$[01]", "leading zero in index selector", 2, None),
        ("$[12345678901234567890]", "index out of range", 2, None),
        ("$[?@ == 01]", "a number starts with 0", 8, None),
        ("$[?@.a == @.*]", "non-singular query is not comparable", 7, None),
        ("$[?true]", "filter expression literals outside of function expressions must be compared", 2, None),
        ("$[?count(@.a)]", "result of count() must be compared", 2, None),
        ("$[?" + "(" * 2000 + "@" + ")" * 2000 + "]", "the JSONPath nests too deeply", 0, None),
    ),
)
def test_a_wrong_path_is_reported_in_place(text: str, message: str, start: int, hint: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        JsonPath.parse(text)
    error = caught.value
    assert (error.message, error.start, error.hint) == (message, start, hint)


def test_a_regex_that_takes_too_long_is_an_error() -> None:
    path = JsonPath.parse("$[?match(@, '(a|aa)+')]")
    with pytest.raises(ExpressionError, match="takes longer than 1 s"):
        path.select(["a" * 60 + "b"])
