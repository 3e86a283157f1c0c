"""Wishes of several checks about one start, made into one script: every request once, as often as anyone wants it."""

from __future__ import annotations

from collections.abc import Iterable

from grader.frozen import dataclass
from grader.model import Exchange, Observation, Request, Step, Until


def merged(wishes: Iterable[Observation]) -> tuple[Step, ...]:
    """Every request once, in the order in which it is first asked for, as often as the most demanding wish says."""
    steps: dict[Request, Step] = {}
    for step in (s for wish in wishes for s in wish.steps):
        other = steps.get(step.request)
        steps[step.request] = step if other is None else _both(other, step)
    return tuple(steps.values())


def _both(one: Step, other: Step) -> Step:
    untils = tuple(u for u in (one.until, other.until) if u is not None)
    return Step(
        one.request,
        max(one.at_least, other.at_least),
        max(one.at_most, other.at_most),
        untils[0] if len(untils) == 1 or len(set(untils)) == 1 else _All(untils) if untils else None,
    )


@dataclass(frozen=True)
class _All:
    """Met when each of them is."""

    untils: tuple[Until, ...]

    def met(self, exchanges: tuple[Exchange, ...]) -> bool:
        return all(u.met(exchanges) for u in self.untils)


def met(step: Step, answers: tuple[Exchange, ...]) -> bool:
    """Whether a step needs no further repetition."""
    return step.until is None or step.until.met(answers)


def those_of(wish: Observation, exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """The exchanges that answer one wish: of each request the first ones, as many as it would have got alone. What
    others asked more often is none of its own."""
    own: set[str] = set()
    sent = tuple(exchanges)
    for step in wish.steps:
        answers = tuple(e for e in sent if e.request == step.request)
        own.update(e.id for e in answers[: _enough(step, answers)])
    return tuple(e for e in sent if e.id in own)


def _enough(step: Step, answers: tuple[Exchange, ...]) -> int:
    """After how many of the answers a step needs no more."""
    most = min(step.at_most, len(answers))
    return next((count for count in range(step.at_least, most) if met(step, answers[:count])), most)
