"""What may differ between two gradings of the same work: the clock's, the port's and the draw's share of a report."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def schema() -> dict[str, Any]:
    """The JSON Schema of the report."""
    text = resources.files("grader.render").joinpath("report.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def without_volatile(document: dict[str, Any]) -> dict[str, Any]:
    """A copy of a report document without the fields that its schema names as volatile. Two gradings of the same work
    with the same rubric at the same level of isolation are equal in what is left."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    for pointer in schema()["x-volatile"]:
        _remove(copy, pointer.strip("/").split("/"))
    return copy


def _remove(value: Any, path: list[str]) -> None:
    head, *rest = path
    if head == "*":
        for item in value:
            _remove(item, rest)
    elif isinstance(value, dict) and head in value:
        if rest:
            _remove(value[head], rest)
        else:
            del value[head]
