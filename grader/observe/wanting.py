"""What the checks of a rubric want to see, and what of it has not been seen."""

from __future__ import annotations

from collections.abc import Iterator

from grader.model import Evidence, Observation, Rubric, RubricCheck, Visibility
from grader.observe.failing import wishes_of


def unseen(rubric: Rubric, evidence: Evidence) -> Iterator[tuple[RubricCheck, Observation]]:
    """Each wish that has not been fulfilled, once, with the check that has it. What was seen for hidden checks is not
    there for visible ones, which plan and judge without it."""
    shown = evidence.for_visible()
    seen = {s.observation for s in evidence.seen}
    seen_openly = {s.observation for s in evidence.seen if not s.start.hidden}
    for check in sorted(rubric.checks, key=lambda check: check.visibility is Visibility.HIDDEN):
        hidden = check.visibility is Visibility.HIDDEN
        for wish in wishes_of(check, evidence if hidden else shown):
            if wish not in (seen if hidden else seen_openly):
                seen.add(wish)
                seen_openly.add(wish)
                yield check, wish


def lacking(rubric: Rubric, evidence: Evidence) -> tuple[str, ...]:
    """The checks that have to see more than was seen before they can judge."""
    return tuple(dict.fromkeys(check.id for check, _ in unseen(rubric, evidence)))
