"""docs/rubric.md, graded: every example of it is right for the shop, and every key of the language has an example."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.checks import CHECKS
from grader.model import Check, CheckStatus, Json
from grader.rubric import parse_rubric
from grader.rubric.compose import Mapping, Node, Sequence, compose
from grader.rubric.decode import keys_of, shorthand_of
from grader.rubric.faults import Faults
from grader.rubric.heads import CheckHead, Head
from tests.conftest import Grade

HERE = Path(__file__).resolve().parents[1] / "handbook"
TEXT = (HERE.parents[1] / "docs/rubric.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
SHARED = ("Predicates", "Expectation", "Read", "Distinct", "FlowStep")  # what has one example has it for all of them
HEAD = "id: r\ntitle: R\nprovide: {content: 'def price_of(item): return 2.5', to: prices.py}\nchecks:\n"


def whole(example: str) -> str:
    return HEAD + example if example.startswith("- ") else example


@pytest.mark.parametrize(
    "example", [pytest.param(e, id=str(n), marks=pytest.mark.slow if n % 3 else []) for n, e in enumerate(EXAMPLES)]
)
def test_every_example_is_right_for_the_shop(example: str, grade: Grade) -> None:
    rubric = parse_rubric(whole(example).encode(), "docs/rubric.md", folder=HERE)
    report = grade(HERE / "shop", rubric=rubric)
    unmet = {
        r.id: (r.outcome.message, r.outcome.actual) for r in report.checks if r.outcome.status is not CheckStatus.PASSED
    }
    assert unmet == {}


def used(hint: object, node: Node) -> Iterator[tuple[str, str]]:
    """The class and the name of every key that a node uses, read as the loader reads it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        yield from (key for argument in arguments for key in used(argument, node))
    elif origin is tuple and typing.get_origin(arguments[0]) is tuple:
        inner = typing.get_args(arguments[0])[1]
        yield from (key for item in getattr(node, "items", {}).values() for key in used(inner, item))
    elif origin is tuple:
        items = node.items if isinstance(node, Sequence) else [node]
        yield from (key for item in items for key in used(arguments[0], item))
    elif hint is Check:
        yield from used_by(CHECKS[str(node.items["type"].value)], node)
    elif dataclasses.is_dataclass(hint) and isinstance(hint, type) and hint is not Json:
        yield from used_by(hint, node)


def used_by(kind: type, node: Node) -> Iterator[tuple[str, str]]:
    keys = keys_of(kind)
    if not isinstance(node, Mapping):
        yield kind.__name__, shorthand_of(kind)
        return
    for name, item in node.items.items():
        if name in keys:
            yield kind.__name__, name
            yield from used(keys[name].hint, item)


def all_keys(hint: object, seen: set[type]) -> Iterator[tuple[str, str]]:
    for argument in typing.get_args(hint):
        yield from all_keys(argument, seen)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and hint is not Json and hint not in seen:
        seen.add(hint)
        for name, key in keys_of(hint).items():
            yield hint.__name__, name
            yield from all_keys(key.hint, seen)


def test_every_key_of_the_language_has_an_example() -> None:
    found: set[tuple[str, str]] = set()
    for example in EXAMPLES:
        root = compose(whole(example).encode(), Faults("x"))
        assert isinstance(root, Mapping)
        found |= set(used(Head, root)) if not example.startswith("- ") else set()
        for node in root.items["checks"].items:
            found |= {*used(CheckHead, node), *used(CHECKS[str(node.items["type"].value)], node)}
    names = {name for _, name in found}
    seen: set[type] = set()
    missing = [
        (owner, name)
        for kind in (Head, CheckHead, *CHECKS.values())
        for owner, name in all_keys(kind, seen)
        if (owner, name) not in found and not (owner in SHARED and name in names)
    ]
    assert missing == []
