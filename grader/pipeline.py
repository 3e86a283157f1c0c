"""The stages in order: a submission and a rubric in, a report out. The only place where they meet."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from grader import __version__
from grader.errors import NotGradableError, UngradedError
from grader.launch.box import Unusable
from grader.launch.launcher import Launcher
from grader.model import (
    CheckStatus,
    Evidence,
    Outcome,
    Report,
    ReportStatus,
    Rubric,
    RubricCheck,
    Submission,
    SubmissionInfo,
)
from grader.observe import observe
from grader.score import score
from grader.submission import open_submission


@dataclass(frozen=True, slots=True)
class How:
    """How to grade. `fresh`: a new interpreter for each start. `boxes`: how many starts may run side by side."""

    fresh: bool = False
    boxes: int = 2


def grade_path(path: Path, rubric: Rubric, launcher: Launcher, how: How, entry: str | None = None) -> Report:
    """Grade what lies at a path. What is not gradable becomes a report that says so; UsageError passes through."""
    if "bs4" not in sys.modules:  # slow to load, and not needed before the first page has come
        threading.Thread(target=import_module, args=("bs4",)).start()
    with tempfile.TemporaryDirectory(prefix="copy-", dir=launcher.workspace, ignore_cleanup_errors=True) as workspace:
        try:
            submission = open_submission(path, entries=rubric.entries, entry=entry, workspace=Path(workspace))
        except NotGradableError as error:
            return not_gradable(path.resolve().name, rubric, error)
        return grade(submission, rubric, launcher, how)


def grade(submission: Submission, rubric: Rubric, launcher: Launcher, how: How = How()) -> Report:
    """Grade one submission. The grader's own failures become a report that says "ungraded", never a score."""
    begun, started_at = time.monotonic(), datetime.now(UTC)
    try:
        evidence = _observe(submission, rubric, launcher, how)
        report = _report(submission, rubric, evidence)
    except UngradedError as error:
        report = ungraded(submission.name, rubric, error, submission)
    return replace(
        report,
        isolation=launcher.isolation,
        started_at=started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        duration_seconds=round(time.monotonic() - begun, 3),
    )


def _observe(submission: Submission, rubric: Rubric, launcher: Launcher, how: How) -> Evidence:
    """Look at the program; where a level turns out not to work in the middle, once more at the next one."""
    while True:
        try:
            with contextlib.ExitStack() as stack:
                opened = [launcher.open(submission, rubric.limits, fresh=how.fresh) for _ in range(how.boxes)]
                return observe(rubric, submission, [stack.enter_context(box) for box in opened])
        except Unusable as error:
            launcher.lower(str(error))


def judge(rubric: Rubric, evidence: Evidence) -> Mapping[str, Outcome]:
    """Every check's verdict. Pure: re-scoring is this step alone, on stored evidence."""
    outcomes: dict[str, Outcome] = {}
    for check in rubric.checks:
        outcomes[check.id] = _judge(check, evidence, outcomes)
    return outcomes


def _judge(check: RubricCheck, evidence: Evidence, before: Mapping[str, Outcome]) -> Outcome:
    outcome = check.check.judge(evidence)
    if outcome.status is not CheckStatus.FAILED:
        return outcome
    lost = tuple(id for id in check.needs if id in before and before[id].status is not CheckStatus.PASSED)
    if lost:
        outcome = replace(outcome, status=CheckStatus.BLOCKED, blocked_by=lost)
    return outcome if outcome.hint else replace(outcome, hint=check.hint)


def _report(submission: Submission, rubric: Rubric, evidence: Evidence) -> Report:
    outcomes = judge(rubric, evidence)
    checks, total = score(rubric, outcomes)
    own = tuple(dict.fromkeys(flag for check in checks for flag in check.outcome.flags))
    return replace(
        _empty(submission.name, rubric, submission),
        status=ReportStatus.GRADED,
        score=total,
        checks=checks,
        starts=evidence.starts(),
        exchanges=evidence.exchanges(),
        routes=evidence.routes,
        flags=(*submission.flags, *evidence.flags, *own),
        limits_hit=evidence.limits_hit,
    )


def ungraded(name: str, rubric: Rubric, error: UngradedError, submission: Submission | None = None) -> Report:
    """The report of a failure that is the grader's own."""
    return replace(_empty(name, rubric, submission), problem=error.message, advice=error.advice)


def not_gradable(name: str, rubric: Rubric, error: NotGradableError) -> Report:
    """The report of work that holds nothing to grade."""
    return replace(
        _empty(name, rubric, None), status=ReportStatus.NOT_GRADABLE, problem=error.message, advice=error.advice
    )


def _empty(name: str, rubric: Rubric, submission: Submission | None) -> Report:
    return Report(
        SubmissionInfo(name, submission.entry if submission else None, submission.sha256 if submission else None),
        rubric.info,
        ReportStatus.UNGRADED,
        rubric.max_score,
        rubric.pass_mark,
        flags=submission.flags if submission else (),
        grader_version=__version__,
    )
