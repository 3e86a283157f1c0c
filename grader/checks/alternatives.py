"""Is it solved in one of the ways that the rubric allows?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from grader.frozen import dataclass
from grader.model import Check, CheckStatus, Evidence, Observation, Outcome


@dataclass(frozen=True)
class AnyOf:
    """The best of several solutions, each a check with its type and that type's keys."""

    solutions: tuple[Check, ...]

    def __post_init__(self) -> None:
        if len(self.solutions) < 2:
            raise ValueError("solutions holds two checks or more, of which one is enough")

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """What each solution wants to see."""
        for solution in self.solutions:
            yield from solution.plan(evidence)

    def judge(self, evidence: Evidence) -> Outcome:
        """The solution that earns most; of equals, the first."""
        outcomes = [solution.judge(evidence) for solution in self.solutions]
        best = max(outcomes, key=lambda o: (o.earned, o.status is not CheckStatus.ERROR))
        if best.status is CheckStatus.PASSED:
            return best
        if any(o.status is CheckStatus.ERROR for o in outcomes):  # it might have been the solution
            return next(o for o in outcomes if o.status is CheckStatus.ERROR)
        return replace(
            best, message=f"None of {len(outcomes)} accepted solutions is there. The nearest: {best.message}"
        )

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return ("One of these is enough:", *(f"- {' '.join(solution.asked)}" for solution in self.solutions))
