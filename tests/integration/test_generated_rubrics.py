"""Rubrics made by chance from the shipped ones and from docs/rubric.md: nothing but a RubricError ever comes of them,
and the JSON Schema of editors agrees with the loader."""

from __future__ import annotations

import copy
import functools
import json
import random
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import jsonschema
import pytest
import yaml

from grader import resources
from grader.authoring.schema import schema
from grader.checks import CHECKS
from grader.errors import RubricError
from grader.rubric import parse_rubric
from grader.rubric.decode import keys_of
from grader.rubric.heads import CheckHead, Head
from tests.unit.test_rubric_schema import EXAMPLES, only_the_loader_can_tell

FAULT = re.compile(r"lab\.yaml:([1-9]\d*):([1-9]\d*): \S.*[.?]")
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2.5, 1e300, 10**25, "", " ", "x", "/", "/a b", "${id}", "${unique_x}", "yes", "no",
    "h1", "a[", "(?=a)", "[a", "$.a", "//a", "é\u202e", "a" * 3000, [], {}, ["x"], [[]], {"x": 1}, {"equals": 1},
    "follow", {"css": "h1"}, {"of": "body"}, "GET", "get", {"type": "starts"}, "2026-11-30T23:59+01:00",
]  # fmt: skip


def seeds() -> list[Any]:
    folder = resources.folder("rubrics")
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.yaml"))]
    texts += [t if not t.startswith("- ") else f"id: r\ntitle: R\nchecks:\n{t}" for t in EXAMPLES]
    return [json.loads(json.dumps(_without_files(yaml.safe_load(text)), default=str)) for text in texts]


def _without_files(tree: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if name != "provide"}


def every_key() -> list[str]:
    kinds = (Head, CheckHead, *CHECKS.values())
    return sorted(
        {key for kind in kinds for key in keys_of(kind)} | {"submit", "fill", "css", "contains", "not", "any", ">"}
    )


def nodes(tree: Any) -> list[tuple[Any, Any]]:
    """Every place of a tree: a container and a key or an index."""
    found: list[tuple[Any, Any]] = []
    stack = [tree]
    while stack:
        node = stack.pop()
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            found.append((node, key))
            if isinstance(node[key], dict | list):
                stack.append(node[key])
    return found


def mutated(tree: Any, chance: random.Random, keys: list[str]) -> Any:
    tree = copy.deepcopy(tree)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        places = nodes(tree)
        if not places:
            break
        owner, key = chance.choice(places)
        what = chance.randrange(6)
        if what == 0:
            del owner[key]
        elif what == 1:
            owner[key] = copy.deepcopy(chance.choice(VALUES))
        elif what == 2 and isinstance(owner, dict):
            owner[chance.choice(keys)] = owner.pop(key)
        elif what == 3 and isinstance(owner, dict):
            owner[chance.choice(keys)] = copy.deepcopy(chance.choice(VALUES))
        elif what == 4:
            other, name = chance.choice(places)
            owner[key] = copy.deepcopy(other[name])
        elif isinstance(owner[key], str) and owner[key]:
            at = chance.randrange(len(owner[key]))
            owner[key] = owner[key][:at] + chance.choice("\n\t:{}[]&*'\"\\$") + owner[key][at:]
    return tree


@functools.cache
def remembering() -> Any:
    """A validator that holds no value against the same definition twice: most checks of a rubric made by chance are
    those of the rubric that it was made from."""
    plain = jsonschema.Draft202012Validator
    right: set[tuple[str, str]] = set()

    def referred(validator: Any, reference: str, value: Any, definition: Any) -> Iterator[Any]:
        about = reference, json.dumps(value)
        if about in right:
            return
        errors = list(plain.VALIDATORS["$ref"](validator, reference, value, definition))
        if not errors:
            right.add(about)
        yield from errors

    return jsonschema.validators.extend(plain, {"$ref": referred})(schema())


def judged(seed: int, count: int) -> tuple[int, list[str]]:
    """How many of so many rubrics were accepted, and what went wrong with the loader or with the schema."""
    chance, keys, base = random.Random(seed), every_key(), seeds()
    validator = remembering()
    accepted, wrong = 0, []
    for _ in range(count):
        tree = mutated(chance.choice(base), chance, keys)
        text = json.dumps(tree, ensure_ascii=chance.random() < 0.5)
        by_schema = validator.is_valid(tree)
        try:
            parse_rubric(text.encode("utf-8", "replace"), "lab.yaml")
        except RubricError as error:
            if not all(FAULT.fullmatch(fault) for fault in error.faults):
                wrong.append(f"a fault without its place: {error.faults}")
            told = [fault for fault in error.faults if not only_the_loader_can_tell(fault)]
            if by_schema and told:
                wrong.append(f"only the loader refuses: {told[:3]}")
        except Exception as error:  # noqa: BLE001  # what this test is for
            wrong.append(f"{type(error).__name__}: {error}: {text[:2000]}")
        else:
            accepted += 1
            if not by_schema:
                best = jsonschema.exceptions.best_match(validator.iter_errors(tree))
                wrong.append(f"only the schema refuses: {best.json_path if best else ''}: {str(best)[:200]}")
    return accepted, wrong


@pytest.mark.slow
def test_a_few_rubrics_made_by_chance() -> None:
    accepted, wrong = judged(1, 40)
    assert wrong == []
    assert accepted > 1


@pytest.mark.slow
def test_20_000_rubrics_made_by_chance() -> None:
    with ProcessPoolExecutor(2) as pool:
        results = list(pool.map(judged, range(100, 120), [1000] * 20))
    assert [fault for _, wrong in results for fault in wrong] == []
    assert sum(accepted for accepted, _ in results) > 1000
