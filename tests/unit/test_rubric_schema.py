"""The JSON Schema of the rubric language: what it accepts the loader accepts, and the other way round, but for what no
schema can say."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from grader import resources
from grader.authoring.schema import schema
from grader.cli.rubrics import rubric
from grader.rubric import parse_rubric
from grader.rubric.compose import Mapping, Node, Sequence, compose
from grader.rubric.faults import Faults
from tests.unit import test_rubric_faults, test_rubric_language_faults

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = re.findall(
    r"^```yaml\n(.*?)^```$", (ROOT / "docs/rubric.md").read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
)
VALIDATOR = jsonschema.Draft202012Validator(schema())

# What takes the whole file: ids and captures that others name, sums, files that are read.
_WHOLE_FILE = (
    r"is here again; it is at line|there is no check \".*\" (to need|to be proved by|to go on from)"
    r"|need each other in a circle|points of all checks add up|can be lost to rounding|is used before anything is capt"
    r"|goes on from a check of type|send at most 400 requests|provide has \".*\" twice|where its folder is needed"
    r"|provide: |merge keys"
    r"|nested more than 32 deep|has none yet|that it goes on from, and .* is hidden|is captured by a step"
)
# What takes somebody who reads patterns, selectors, paths and times, or who knows every letter there is.
_READERS = (
    r"is no pattern|is not a CSS selector|is no XPath|is no JSONPath|is no JSON Schema|is a time such as|says its zone"
    r"|XPath 1\.0|computes is always there|refers to itself|leads nowhere in it"
    r"|holds no letter and no number|(takes names|is that of a function).*[^\x00-\x7f]"
    r"|[^\x00-\x7f].*cannot be the name of a variable"
)
# What takes exact decimals, or two numbers that are compared.
_NUMBERS = (
    r"at most two decimals|leaves no (number|port)|lies no number|value that JSON can hold"
    r"|compares numbers; \".*\d.*\" is none"
)
_LOADER_ONLY = re.compile("|".join((_WHOLE_FILE, _READERS, _NUMBERS)))
WRONG = {**test_rubric_faults.WRONG, **test_rubric_language_faults.WRONG}


def only_the_loader_can_tell(fault: str) -> bool:
    """Whether a fault is one that no JSON Schema can say."""
    return _LOADER_ONLY.search(fault) is not None


def plain(node: Node) -> Any:
    """A tree as an editor sees it."""
    if isinstance(node, Mapping):
        return {name: plain(item) for name, item in node.items.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


@functools.cache
def accepted(text: str) -> bool:
    return VALIDATOR.is_valid(plain(compose(text.encode(), Faults("lab.yaml"))))


@pytest.mark.slow
def test_the_schema_is_a_schema_and_is_printed_as_such() -> None:
    printed = CliRunner().invoke(rubric, ["schema"])
    assert json.loads(printed.stdout) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(("text", "faults"), WRONG.values(), ids=WRONG)
def test_the_schema_refuses_what_the_loader_refuses_but_for_what_no_schema_can_say(
    text: str, faults: list[str]
) -> None:
    assert accepted(text) == all(only_the_loader_can_tell(fault) for fault in faults)


def test_most_mistakes_are_told_by_the_schema_too() -> None:
    assert sum(not accepted(text) for text, _ in WRONG.values()) > 2 * len(WRONG) / 3


@pytest.mark.parametrize("path", sorted(resources.folder("rubrics").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_accepts_the_shipped_rubrics(path: Path) -> None:
    assert accepted(path.read_text("utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_schema_accepts_what_is_documented(example: str) -> None:
    assert accepted(f"id: r\ntitle: R\nchecks:\n{example}" if example.startswith("- ") else example)


# Right, though it nearly is not: what a schema that says a little too much would refuse.
CHECK = "id: r\ntitle: R\nchecks: [{id: a, title: A, points: 1, %s}]"
RIGHT = {
    "points that binary fractions cannot hold": CHECK.replace("points: 1", "points: 0.29") % "type: starts",
    "one value for a list": CHECK % "type: html, claims: title",
    "an empty list for none": CHECK % "type: request, expect: {css: a, contains: [], any: []}",
    "what is false is not asked": CHECK % "type: request, expect: {status: 200}, pinned: false, headers: {}",
    "a flag that is none": CHECK % "type: starts, flag: false",
    "a number that is made up": CHECK % 'type: request, expect: {status: "${number_of_it}"}',
    "a bound with a sign": CHECK % 'type: request, expect: {css: td, "<": "$5"}',
    "a pattern among the values of a schema": CHECK % 'type: request, expect: {schema: {enum: [{pattern: "(?=a)"}]}}',
    "a schema of a list that goes on": CHECK
    % 'type: request, expect: {schema: {type: object, properties: {next: {$ref: "#"}}}}',
    "several files of one name": CHECK
    % 'type: request, path: /, files: {t: [a, {file: b.txt, content: c}]}, expect: {status: 200}',
    "bounds that leave one number": CHECK % 'type: request, expect: {css: p, ">=": 5, "<=": 5}',
    "a status with a decimal point": CHECK % "type: request, expect: {status: 200.0}",
    "a number by XPath": CHECK % "type: request, expect: {xpath: count(//li), equals: 2}",
    "a list of lists": CHECK % "type: request, expect: {jsonpath: $.a, one_of: [[1], [2]]}",
    "a request that is sent by OPTIONS": CHECK % "type: request, method: OPTIONS, pinned: true, expect: {status: 200}",
    "the part of a cookie that is read anyway": CHECK % "type: request, expect: {css: a, part: value}",
    "parts of two steps": CHECK
    % "type: flow, partial: expectations, steps: [{path: /, expect: {status: 200}}, {path: /, expect: {title: A}}]",
    "a variable that is not written in ASCII": CHECK % "type: renders, variables: größe",
    "the server's own folder": CHECK % "type: serves_static, url: /",
}  # fmt: skip


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_loader_and_schema_accept_what_is_barely_right(text: str) -> None:
    parse_rubric(text.encode(), "lab.yaml")
    assert accepted(text)
