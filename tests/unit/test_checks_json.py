"""JSON that a student's program sends: read with bounds, and never a crash, whatever a rubric compares it with."""

from __future__ import annotations

import functools
import json
import time

import pytest

from grader.checks import jsondata
from grader.checks.expectation import Expectation, holds
from grader.checks.jsondata import NotJson, parsed
from grader.checks.predicates import Predicates
from grader.model import Exchange, Json, Request

HOSTILE_VALUES = (
    "1e999", "-1e999", "1" * 4000, "-" + "9" * 308, "1" * 300, "1e308", "0.1", "NaN", "-Infinity", "true", "null",
    r'"\ud800"', r'"\udc00a"', r'[1, "\ud800"]', r'{"\ud800": 1}', r'"\ud83d\ude00"', f'"{"9" * 5000}"', '"1e9999"',
    '"-.5e-9999"', f'"{"1,111" * 3000}"', f'"{"٣" * 5000}"', '"2026-13-45T99:99:99Z"', f'[{",".join("1[]")}]',
    "[" * 40 + "]" * 40, f'"{chr(0x301) * 9000}"', '"²"',
)  # fmt: skip

SCHEMAS = (
    {"properties": {"a": {"type": "integer", "minimum": 1, "multipleOf": 0.1}}},
    {"properties": {"a": {"type": "string", "pattern": "^a"}}},
    {"properties": {"a": {"format": "date-time"}}},
    {"properties": {"a": {"uniqueItems": True, "multipleOf": 3}}},
    {"patternProperties": {"^a": {"type": "integer"}}},
)
QUESTIONS = (
    *(Expectation(schema=Json.of(schema)) for schema in SCHEMAS),
    *(
        Expectation(jsonpath="$.a", **asked)
        for asked in (
            {"equals": Json.of(5)},
            {"more": Json.of(1)},
            {"between": (Json.of(1), Json.of(6))},
            {"is_integer": True},
            {"is_number": True},
            {"is_date": True},
            {"matches": "a+"},
            {"contains": (Json.of("a"),)},
            {"reads": ("The number is {number}",)},
            {"reads": ("{number}",), "integer": True, "from_": 1, "to": 5},
            {"distinct": True},
            {"sorted": "ascending"},
            {"count": Predicates(equals=Json.of(2))},
            {"one_of": (Json.of(1), Json.of("x"))},
        )
    ),
    Expectation(body=Predicates(matches="a+$")),
    Expectation(regex=r"(\d+)", more=Json.of(3)),
    Expectation(jsonpath="$[?search(@.a, 'a')]"),
    Expectation(jsonpath="$..a", distinct=True),
)


def answering(text: str) -> Exchange:
    body = text.encode()
    return Exchange("s1.1", "s1", Request(), 200, "OK", (("Content-Type", "application/json"),), body, len(body))


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES)))
def test_whatever_the_json_holds_every_question_gets_its_answer(value: str) -> None:
    exchange = answering(f'{{"a": {value}}}')
    for question in QUESTIONS:
        if not holds(question, (question,), exchange):
            assert question.seen(exchange).encode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 500_000, "the JSON is nested more than 100 deep"),
        ("[" * 101 + "]" * 101, "the JSON is nested more than 100 deep"),
        ('{"a":' * 101 + "1" + "}" * 101, "the JSON is nested more than 100 deep"),
        ("1" * 5000, "the answer is not JSON: it holds a number of 5,000 digits, 1111111111…"),
        ("[1e999]", "the answer is not JSON: it holds 1e999, which is too large for a number"),
        ("[-1e999]", "the answer is not JSON: it holds -1e999, which is too large for a number"),
        ("[NaN]", "the answer is not JSON: NaN is no value of JSON"),
        ("[Infinity]", "the answer is not JSON: Infinity is no value of JSON"),
        ("<h1>", "the answer is not JSON: expecting value at line 1, column 1"),
    ],
    ids=["deep", "arrays", "objects", "digits", "infinite", "minus-infinite", "nan", "infinity", "html"],
)
def test_what_no_browser_would_take_for_json_is_refused_in_plain_words(text: str, why: str) -> None:
    with pytest.raises(NotJson) as caught:
        parsed(text)
    assert str(caught.value) == why


def test_depth_and_digits_that_a_lab_could_have_are_read() -> None:
    assert parsed("[" * 100 + "]" * 100)
    assert parsed("9" * 308) == 10**308 - 1
    assert parsed("1e308") == 1e308


def test_of_equal_names_the_last_counts_as_in_a_browser() -> None:
    assert parsed('{"a": 1, "a": 2}') == {"a": 2}


def test_half_a_character_is_replaced_and_a_whole_one_is_kept() -> None:
    assert parsed(r'{"\ud800": ["\udfff!", "\ud83d\ude00", "\\ud800"]}') == {"�": ["�!", "😀", r"\ud800"]}


def test_a_byte_order_mark_does_not_matter() -> None:
    assert parsed("\ufeff[1]") == [1]


def test_equal_texts_are_read_once() -> None:
    assert parsed("[1, 2]") is parsed("[1, 2]")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"[{'[],' * 300_000}[]]", id="lists", marks=pytest.mark.slow),
        pytest.param(f"{{{','.join(f'{chr(34)}{n}{chr(34)}:0' for n in range(90_000))}}}", id="keys"),
        pytest.param("[" + "1," * 500_000 + "1]", id="numbers", marks=pytest.mark.slow),
    ],
)
def test_very_large_json_is_read_in_bounded_time(text: str) -> None:
    began = time.process_time()
    parsed(text)
    assert time.process_time() - began < 20


@pytest.mark.slow
def test_a_schema_is_compared_with_no_more_values_than_take_a_moment() -> None:
    schema = Json.of({"type": "array", "items": {"type": "integer"}})
    began = time.process_time()
    assert jsondata.schema_faults(json.dumps([1] * 49_000), schema) == []
    (fault,) = jsondata.schema_faults(json.dumps([[1] * 30_000, {"a": [1] * 30_000}]), schema)
    assert "more than 50,000 values" in fault
    faults = jsondata.schema_faults(json.dumps(["x"] * 49_000), schema)
    assert faults[0] == "$[0]: 'x' is not of type 'integer'"
    assert len(faults) == 20
    assert time.process_time() - began < 20


BRANCHES = [{"type": "string", "minLength": n} for n in range(8)]
ENDLESS: dict[str, tuple[dict[str, object], object]] = {
    "many branches for many values": ({"items": {"anyOf": [*BRANCHES, {"type": "integer"}]}}, list(range(49_000))),
    "exactly one of many": ({"items": {"oneOf": [*BRANCHES, {"type": "integer"}]}}, list(range(49_000))),
    "each value in each of its lists": (
        {"anyOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#"}}]},
        functools.reduce(lambda inner, _: [inner], range(90), list(range(40_000))),
    ),
    "branches of branches": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"items": {"$ref": "#/$defs/a"}, "maxItems": 0}] * 4}}},
        functools.reduce(lambda inner, _: [inner], range(90), []),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDLESS)
def test_no_value_makes_a_schema_take_longer_than_a_moment(name: str) -> None:
    """Without the count of steps, these took 10 s, or never ended."""
    schema, value = ENDLESS[name]
    began = time.process_time()
    assert jsondata.schema_faults(json.dumps(value), Json.of(schema))
    assert time.process_time() - began < 8


@pytest.mark.slow
def test_an_ordinary_answer_is_compared_to_its_end_whatever_the_schema() -> None:
    """2,000 orders of many fields, and a choice of branches for each."""
    some = {"type": "object", "required": ["id"], "properties": {f"f{n}": {"type": "string"} for n in range(10)}}
    schema = Json.of({"type": "array", "items": {"anyOf": [{"type": "null"}, {"type": "string"}, some]}})
    order = {"id": 1} | {f"f{n}": "x" for n in range(10)}
    assert jsondata.schema_faults(json.dumps([order] * 2_000), schema) == []
    assert jsondata.schema_faults(json.dumps([*[order] * 2_000, {}]), schema) == [
        "$[2000]: {} is not valid under any of the given schemas"
    ]


def test_one_of_holds_for_exactly_one() -> None:
    schema = Json.of({"items": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]}})
    assert jsondata.schema_faults("[1, 5.5]", schema) == []
    assert jsondata.schema_faults('["x", 7]', schema) == [
        "$[0]: 'x' is not valid under any of the given schemas",
        "$[1]: 7 is valid under more than one of the given schemas",
    ]
