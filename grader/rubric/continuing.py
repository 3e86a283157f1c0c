"""Checks that go on where others ended, and names that are used before they stand for something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.checks.answers import Answers
from grader.checks.flow import Flow
from grader.checks.interpolation import is_made_up, names_in
from grader.model import RubricCheck
from grader.rubric.compose import Mapping, Node, Scalar
from grader.rubric.faults import Faults, Place, closest


def continued(checks: list[RubricCheck], nodes: list[Node], faults: Faults) -> list[RubricCheck]:
    """The checks with the steps that those with `after` take first, and with a need for the one that they go on from.
    Names that stand for nothing become faults."""
    known = {check.id: check for check in checks}
    done: dict[str, RubricCheck] = {}
    made = [_continued(check, known, done, faults, node) for check, node in zip(checks, nodes, strict=True)]
    for check, node in zip(made, nodes, strict=True):
        if isinstance(check.check, Flow | Answers):
            _examine_names(check.check, node, faults)
    return made


def _continued(
    check: RubricCheck, known: dict[str, RubricCheck], done: dict[str, RubricCheck], faults: Faults, node: Node | None
) -> RubricCheck:
    if check.id in done:
        return done[check.id]
    done[check.id] = check  # a circle, which is a fault already, ends here
    claim = check.check
    if isinstance(claim, Flow | Answers) and claim.after in known:
        other = _continued(known[claim.after], known, done, faults, None)
        if not isinstance(other.check, Flow | Answers):
            if node is not None:
                place = _place_under(node, "after")
                faults.add(place, f"after goes on from a check of type flow or request; {claim.after} is another one.")
            return check
        before = other.check.continued
        try:
            claim = replace(claim, before=before)
        except ValueError as error:
            faults.add(_place_under(node, "after") if node else Place(1, 1), f"{error}.")
            return check
        needs = check.needs if claim.after in check.needs else (*check.needs, str(claim.after))
        done[check.id] = replace(check, check=claim, needs=needs)
    return done[check.id]


def _place_under(node: Node, key: str) -> Place:
    return node.items[key].place if isinstance(node, Mapping) and key in node.items else node.place


def _examine_names(claim: Flow | Answers, node: Node, faults: Faults) -> None:
    """Every `${name}` is made up, or captured in a step before; in what a step expects, by that step at the latest."""
    captured = {name for step in claim.before for name, _ in step.capture}
    for step in claim.continued[len(claim.before) :]:
        now = replace(step.action, capture=())
        _require(now, captured, node, faults)
        for name, read in step.capture:
            _require(read, captured, node, faults)
            captured.add(name)
        for expected in (step.expect, step.hint, step.distinct):
            _require(expected, captured, node, faults)


def _require(thing: object, captured: set[str], node: Node, faults: Faults) -> None:
    for name in names_in(thing):
        if name not in captured and not is_made_up(name):
            place = next(_places_of(node, f"${{{name}}}"), node.place)
            advice = closest(name, captured) or (
                f" Captured before: {', '.join(sorted(captured))}."
                if captured
                else " No step captures anything before."
            )
            faults.add(place, f"${{{name}}} is used before anything is captured under that name.{advice}")


def _places_of(node: Node, text: str) -> Iterator[Place]:
    """Where a text stands in the file, below a node."""
    if isinstance(node, Scalar):
        if text in node.text:
            yield node.place
    elif isinstance(node, Mapping):
        for name, item in node.items.items():
            if text in name:
                yield node.key_places[name]
            yield from _places_of(item, text)
    else:
        for item in node.items:
            yield from _places_of(item, text)
