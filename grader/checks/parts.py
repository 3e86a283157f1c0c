"""What share of its points a check earns that is right in part.

Each part counts the same. What can go wrong beside the parts, as an address that is answered with an error where
nothing else is asked of the answer, earns nothing, and is one more part where it does go wrong: so that whoever has
less wrong never gets less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

from grader.checks.dialogue import FlowStep, Reached
from grader.checks.distinct import Distinct
from grader.checks.expectation import Expectation
from grader.checks.trial import faults, unexpected, values_shown
from grader.frozen import dataclass
from grader.model import CheckStatus, Exchange, Outcome

By = Literal["expectations", "repeats"]
Answers = Sequence[tuple[Exchange, dict[str, Any]]]  # each with what was captured by then


@dataclass(frozen=True)
class Parts:
    """How many parts are right, and of how many."""

    right: int = 0
    asked: int = 0

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.right + other.right, self.asked + other.asked)


_BESIDE = Parts(0, 1)  # something went wrong that is no part where it goes right


def parts_of(
    by: By, expect: Sequence[Expectation], distinct: Distinct | None, answers: Answers, repeat: int, *, complete: bool
) -> Parts:
    """Those of one request: its expectations or its first `repeat` answers; and that they differ. More answers than
    those may have come until two differed."""
    if by == "repeats":
        is_right = [not faults(expect, e, c) and not unexpected(expect, e, c) for e, c in answers]
        parts = Parts(sum(is_right[:repeat]), repeat) + (Parts() if all(is_right[repeat:]) else _BESIDE)
    else:
        wrong = {f.index for e, c in answers for f in faults(expect, e, c)}
        parts = Parts(len(expect) - len(wrong) if complete else 0, len(expect))
    if distinct is None:
        return parts
    return parts + Parts(int(complete and len(set(values_shown(distinct, expect, answers))) > 1), 1)


def parts_of_steps(by: By, steps: Sequence[FlowStep], reached: Sequence[Reached]) -> Parts:
    """Those of the steps of a flow, of which the first ones were reached."""
    empty = [Reached(step) for step in steps[len(reached) :]]
    return sum((_of_step(by, r) for r in (*reached, *empty)), Parts())


def _of_step(by: By, reached: Reached) -> Parts:
    step = reached.step
    if by == "repeats" and step.repeat == 1:
        answered = reached.complete and not faults(step.expect, *reached.answers[0])
        return Parts() if answered and not _is_lost(reached) else _BESIDE
    parts = parts_of(by, step.expect, step.distinct, reached.answers, step.repeat, complete=reached.complete)
    return parts if step.expect or by == "repeats" or not _is_lost(reached) else parts + _BESIDE


def _is_lost(reached: Reached) -> bool:
    """Whether a step was not taken to its end, or brought an error that nobody asked for."""
    return not reached.complete or any(unexpected(reached.step.expect, e, c) for e, c in reached.answers)


def lost_before(steps: Sequence[FlowStep], reached: Sequence[Reached]) -> Parts:
    """What went wrong in the steps that a check goes on from."""
    empty = [Reached(step) for step in steps[len(reached) :]]
    return sum((_BESIDE for r in (*reached, *empty) if _is_lost(r)), Parts())


def in_part(outcome: Outcome, parts: Iterable[Parts]) -> Outcome:
    """The outcome of a check that is worth its share for each part."""
    whole = sum(parts, Parts())
    share = Fraction(whole.right, whole.asked) if whole.asked else Fraction(0)
    if outcome.status is not CheckStatus.FAILED or not 0 < share < 1:
        return outcome
    message = f"{outcome.message} {whole.right} of {whole.asked} parts are right."
    return replace(outcome, status=CheckStatus.PARTIAL, earned=share, message=message)
