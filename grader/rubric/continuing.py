"""Checks that go on where others ended, and names that are used before they stand for something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.checks.alternatives import AnyOf
from grader.checks.answers import Answers
from grader.checks.flow import Flow
from grader.checks.interpolation import is_made_up, names_in
from grader.model import Check, RubricCheck, Visibility
from grader.rubric.compose import Mapping, Node, Scalar
from grader.rubric.faults import Faults, Place, closest
from grader.rubric.links import solutions_of


def continued(checks: list[RubricCheck], nodes: list[Node], faults: Faults) -> list[RubricCheck]:
    """The checks with the steps that those with `after` take first, and with a need for the one that they go on from.
    Names that stand for nothing become faults."""
    continuing = _Continuing(checks, nodes, faults)
    made = [continuing.check(check) for check in checks]
    for check, node in zip(made, nodes, strict=True):
        for claim, place in _conversations(check.check, node):
            _examine_names(claim, place, faults)
            _examine_hint(check.hint, claim, node, faults)
    return made


def _conversations(claim: Check, node: Node) -> Iterator[tuple[Flow | Answers, Node]]:
    """The conversations of a claim, those of its alternatives among them, each with its node."""
    if isinstance(claim, Flow | Answers):
        yield claim, node
    elif isinstance(claim, AnyOf):
        for solution, place in zip(claim.solutions, solutions_of(node), strict=True):
            yield from _conversations(solution, place)


class _Continuing:
    """Gives every check its steps before, following `after` from check to check."""

    def __init__(self, checks: list[RubricCheck], nodes: list[Node], faults: Faults) -> None:
        self._known = {check.id: (check, node) for check, node in zip(checks, nodes, strict=True)}
        self._done: dict[str, RubricCheck] = {}
        self._faults = faults

    def check(self, check: RubricCheck) -> RubricCheck:
        """The check as it is graded."""
        if check.id not in self._done:
            self._done[check.id] = check  # a circle, which is a fault already, ends here
            claim = self._claim(check.check, self._known[check.id][1], check.visibility)
            after = getattr(claim, "after", None)
            needs = (*check.needs, after) if after in self._known and after not in check.needs else check.needs
            self._done[check.id] = replace(check, check=claim, needs=needs)
        return self._done[check.id]

    def _claim(self, claim: Check, node: Node, visibility: Visibility) -> Check:
        if isinstance(claim, AnyOf):
            solutions = zip(claim.solutions, solutions_of(node), strict=True)
            return AnyOf(tuple(self._claim(solution, place, visibility) for solution, place in solutions))
        if not isinstance(claim, Flow | Answers) or claim.after not in self._known:
            return claim
        before = self.check(self._known[claim.after][0])
        other = before.check
        place = node.items["after"].place if isinstance(node, Mapping) else node.place
        if before.visibility is Visibility.HIDDEN and visibility is Visibility.VISIBLE:
            sentence = f"a visible check shows the steps that it goes on from, and {claim.after} is hidden."
            self._faults.add(place, f"{sentence} Hide this one, too.")
        if not isinstance(other, Flow | Answers):
            sentence = f"after goes on from a check of type flow or request; {claim.after} is another one."
            self._faults.add(place, sentence)
            return claim
        if other.after is not None and not other.before:
            return claim  # that one has nothing to go on from, which is a fault already
        try:
            return replace(claim, before=other.continued)
        except ValueError as error:
            self._faults.add(place, f"{error}.")
            return claim


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


def _examine_hint(hint: str, claim: Flow | Answers, node: Node, faults: Faults) -> None:
    """What a step captures stands for nothing in the hint of the whole check."""
    captured = {name for step in claim.continued for name, _ in step.capture}
    for name in (name for name in names_in(hint) if name in captured):
        place = node.items["hint"].place if isinstance(node, Mapping) else node.place
        faults.add(place, f"${{{name}}} is captured by a step: put the hint beside a step or an expectation after it.")


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
