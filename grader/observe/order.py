"""In which order requests are sent, where the rubric lets it be shuffled: nobody can answer by the count of them.

The order follows from the work and the rubric alone, so that the same work is always asked in the same order.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterable, Sequence

from grader.model import Observation, Request, Step

_CHANGES_NOTHING = ("GET", "HEAD")


def seed_of(text: str) -> str:
    """A short seed that can be told in a report."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def shuffled(
    steps: Sequence[Step], wishes: Iterable[Observation], seed: str, fixed: Collection[Request] = ()
) -> tuple[Step, ...]:
    """The steps of a start, with those in another order that no other depends on.

    In its place stays what may change the program's state, what a check asks for in an order of its own, and what is
    `fixed`.
    """
    ordered = {step.request for wish in wishes if len(wish.steps) > 1 for step in wish.steps}
    places = [
        n for n, step in enumerate(steps) if changes_nothing(step.request) and step.request not in (*ordered, *fixed)
    ]
    drawn = random.Random(seed).sample(places, len(places))  # noqa: S311 - it has to be the same again, no secret
    made = list(steps)
    for place, other in zip(places, drawn, strict=True):
        made[place] = steps[other]
    return tuple(made)


def changes_nothing(request: Request) -> bool:
    """Whether it asks for a page, and brings nothing that another one depends on."""
    return request.method in _CHANGES_NOTHING and not (request.headers or request.body or request.browser)
