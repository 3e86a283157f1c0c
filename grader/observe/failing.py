"""What a check's own plan fails over is the grader's fault: the submission stays ungraded, and the check is named."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterable, Iterator

from grader.errors import GraderError, UngradedError
from grader.launch.box import Unusable
from grader.model import Evidence, Observation, RubricCheck

REPORT_IT = "Please report it; GRADE_DEBUG=1 shows where it happened."
_MOST_TOLD = 300  # characters of what went wrong


def wishes_of(check: RubricCheck, evidence: Evidence) -> tuple[Observation, ...]:
    """What a check wants to see. Raises UngradedError."""
    with told_of([check.id]):
        return tuple(check.check.plan(evidence))


@contextlib.contextmanager
def told_of(checks: Iterable[str]) -> Iterator[None]:
    """Whatever fails here is told as a failure over these checks, as UngradedError."""
    try:
        yield
    except (GraderError, Unusable):  # which say what they mean
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"[:_MOST_TOLD]
        trace = "".join(traceback.format_exception(error))
        names = " or ".join(checks) or "of a rubric"
        raise UngradedError(
            f"What the check {names} wants to see could not be asked: {what}", REPORT_IT, trace
        ) from error
