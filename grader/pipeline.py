"""The stages in order: a submission and a rubric in, a report out. The only place where they meet."""

from __future__ import annotations

import contextlib
import hashlib
import math
import sys
import threading
import time
import traceback
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from importlib import import_module
from pathlib import Path

from grader import __version__
from grader.checks.again import asked_again
from grader.checks.interpolation import with_made_up
from grader.errors import GraderError, NotGradableError, UngradedError
from grader.frozen import dataclass
from grader.launch.box import Unusable
from grader.launch.launcher import Launcher
from grader.launch.scratch import folder_in
from grader.model import (
    CheckResult,
    CheckStatus,
    Evidence,
    Flag,
    FlagKind,
    Kept,
    Late,
    Outcome,
    Report,
    ReportStatus,
    Rubric,
    RubricCheck,
    Submission,
    SubmissionInfo,
    Visibility,
    Weight,
    passed,
)
from grader.model.told import Judged, Tell
from grader.observe import lacking, observe, seed_of
from grader.observe.failing import REPORT_IT
from grader.score import costs, late, rounded, score
from grader.submission import open_submission, provide

_MOST_TOLD = 300  # characters of what went wrong
_GRACE_SECONDS = 1.5  # after a submission's time, for what was seen until then to be judged
_MOST_JUDGING = 1.0  # seconds of the processor after which that grace counts: a busy machine is nobody's fault
_AGAIN = "Grade this submission again; where its time was used up, with a larger total_seconds in the rubric."


@dataclass(frozen=True)
class How:
    """How to grade. `fresh`: a new interpreter for each start. `boxes`: how many starts may run side by side.
    `late_seconds`: how long after the deadline the work came. `tell` hears what is being done; nothing rests on it."""

    fresh: bool = False
    boxes: int = 2
    late_seconds: float = 0.0
    tell: Tell | None = None


def grade_path(path: Path, rubric: Rubric, launcher: Launcher, how: How, entry: str | None = None) -> Report:
    """Grade what lies at a path. What is not gradable becomes a report that says so; UsageError passes through."""
    return grade_kept(path, rubric, launcher, how, entry).report


def grade_kept(path: Path, rubric: Rubric, launcher: Launcher, how: How, entry: str | None = None) -> Kept:
    """The same, with all that the report rests on."""
    if "bs4" not in sys.modules:  # slow to load, and not needed before the first page has come
        threading.Thread(target=import_module, args=("grader.checks.soup",)).start()
    with folder_in(launcher.workspace, "copy-") as workspace:
        try:
            submission = open_submission(path, entries=rubric.entries, entry=entry, workspace=Path(workspace))
        except NotGradableError as error:
            return Kept(not_gradable(path.resolve().name, rubric, error), ran_by=ran_by(rubric))
        return _kept(submission, rubric, launcher, how)


def grade(submission: Submission, rubric: Rubric, launcher: Launcher, how: How = How()) -> Report:
    """Grade one submission. The grader's own failures become a report that says "ungraded", never a score."""
    return _kept(submission, rubric, launcher, how).report


def _kept(submission: Submission, rubric: Rubric, launcher: Launcher, how: How) -> Kept:
    begun, started_at = time.monotonic(), datetime.now(UTC)
    evidence = None
    try:
        submission = provide(submission, rubric.provided)
        evidence = _observe(submission, rubric, launcher, how)
        until = begun + rubric.limits.total_seconds + _GRACE_SECONDS
        report = _report(_info(submission), submission.flags, rubric, evidence, how, until)
    except UngradedError as error:
        report = ungraded(submission.name, rubric, error, submission)
    report = replace(
        report,
        isolation=launcher.isolation,
        started_at=started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        duration_seconds=round(time.monotonic() - begun, 3),
    )
    return Kept(report, evidence, submission.flags, ran_by(rubric))


def rescore(kept: Kept, rubric: Rubric, how: How = How()) -> Kept | None:
    """The same work by another rubric, without running anything; None where what was seen is not enough for that."""
    before, evidence = kept.report, kept.evidence
    if kept.ran_by != ran_by(rubric):
        return None
    if before.status is ReportStatus.NOT_GRADABLE:
        report = replace(before, rubric=rubric.info, max_score=rubric.max_score, pass_mark=rubric.pass_mark)
        return replace(kept, report=report)
    try:
        if evidence is None or lacking(rubric, evidence):
            return None
        report = _report(before.submission, kept.flags, rubric, evidence, how)
    except UngradedError:
        return None
    report = replace(
        report,
        isolation=before.isolation,
        started_at=before.started_at,
        duration_seconds=before.duration_seconds,
        grader_version=before.grader_version,
    )
    return replace(kept, report=report)


def ran_by(rubric: Rubric) -> str:
    """A hash of what of a rubric decides how programs are run, its checks aside."""
    decides = (rubric.entries, rubric.packages, rubric.limits, rubric.provided, rubric.shuffle)
    return hashlib.sha256(repr(decides).encode()).hexdigest()


def _observe(submission: Submission, rubric: Rubric, launcher: Launcher, how: How) -> Evidence:
    """Look at the program; where a level turns out not to work in the middle, once more at the next one."""
    while True:
        try:
            with contextlib.ExitStack() as stack:
                opened = [launcher.open(submission, rubric.limits, fresh=how.fresh) for _ in range(how.boxes)]
                return observe(rubric, submission, [stack.enter_context(box) for box in opened], how.tell)
        except Unusable as error:
            launcher.lower(str(error))


def judge(rubric: Rubric, evidence: Evidence, until: float = math.inf) -> Mapping[str, Outcome]:
    """Every check's verdict. Pure: re-scoring is this step alone, on stored evidence. Raises UngradedError where it
    takes long, and longer than `until` by the monotonic clock: no verdict depends on a clock."""
    own_time = time.thread_time()

    def in_time(check: RubricCheck) -> RubricCheck:
        if time.monotonic() > until and time.thread_time() - own_time > _MOST_JUDGING:
            raise UngradedError(
                f"The time for this submission (total_seconds) was used up before the check {check.id} was judged.",
                _AGAIN,
            )
        return check

    shown = evidence.for_visible()
    hidden = {check.id for check in rubric.checks if check.visibility is Visibility.HIDDEN}
    own = {c.id: _judged(in_time(c), evidence if c.id in hidden else shown) for c in rubric.checks}
    proved = _proved(rubric, own, hidden)
    return {check.id: _blocked(check, proved, evidence.seed) for check in rubric.checks}


def _judged(check: RubricCheck, evidence: Evidence) -> Outcome:
    """A check's own verdict. Where it fails over what a program answered, that is ours, and costs no other check."""
    try:
        return asked_again(check, evidence, check.check.judge(evidence))
    except GraderError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, the submission stays without a score, and says why
        what = f"{type(error).__name__}: {error}"[:_MOST_TOLD]
        message = "This could not be judged: the grader itself failed."
        return Outcome(CheckStatus.ERROR, message, actual=what, trace="".join(traceback.format_exception(error)))


def _proved(rubric: Rubric, own: Mapping[str, Outcome], hidden: Collection[str]) -> Mapping[str, Outcome]:
    """What other checks have proved need not be shown in another way, nor what those have that others proved."""
    proved, changed = dict(own), True
    while changed:
        changed = False
        for check in (c for c in rubric.checks if c.proved_by and _is_open(proved[c.id])):
            if all(proved[id].status is CheckStatus.PASSED for id in check.proved_by):
                proved[check.id], changed = _by_others(check, proved, hidden), True
    return proved


def _is_open(outcome: Outcome) -> bool:
    """Whether a proof could change it; a failure of the grader's own is never passed over."""
    return outcome.status is not CheckStatus.PASSED and not outcome.trace


def _by_others(check: RubricCheck, outcomes: Mapping[str, Outcome], hidden: Collection[str]) -> Outcome:
    """Passed by what others proved. A visible check names no hidden one."""
    named = [id for id in check.proved_by if check.id in hidden or id not in hidden]
    by = ", ".join(named) if len(named) == len(check.proved_by) else "other checks"
    return passed(f"Proved by {by}.", (evidence for id in named for evidence in outcomes[id].evidence))


def _blocked(check: RubricCheck, outcomes: Mapping[str, Outcome], seed: str) -> Outcome:
    """A failure beside a failed check that this one needs waits for that one."""
    outcome = outcomes[check.id]
    if outcome.status not in (CheckStatus.FAILED, CheckStatus.PARTIAL):
        return outcome
    if check.weight is Weight.FLAG:  # worth no points: it is reported
        where = str(outcome.location) if outcome.location else ""
        flag = Flag(FlagKind.NOTE, f"{check.title}: {outcome.message}", where)
        outcome = replace(outcome, flags=(*outcome.flags, flag))
    lost = tuple(id for id in check.needs if outcomes[id].status is not CheckStatus.PASSED)
    if lost and outcome.status is CheckStatus.FAILED:
        outcome = replace(outcome, status=CheckStatus.BLOCKED, blocked_by=lost)
    return outcome if outcome.hint else replace(outcome, hint=with_made_up(check.hint, seed))


def _report(
    work: SubmissionInfo,
    flags: tuple[Flag, ...],
    rubric: Rubric,
    evidence: Evidence,
    how: How,
    until: float = math.inf,
) -> Report:
    outcomes = judge(rubric, evidence, until)
    checks, total = score(rubric, outcomes)
    if how.tell is not None:
        for told in _verdicts(checks):
            how.tell(told)
    _require_judged(checks)
    lateness = _late(total, rubric, how.late_seconds)
    own = tuple(dict.fromkeys(flag for check in checks for flag in check.outcome.flags))
    return replace(
        _empty(work.name, rubric, None),
        submission=work,
        status=ReportStatus.GRADED,
        score=total - lateness.points if lateness else total,
        late=lateness,
        checks=checks,
        starts=evidence.starts(),
        exchanges=evidence.exchanges(),
        routes=evidence.routes,
        flags=(*flags, *evidence.flags, *own),
        seed=seed_of(evidence.seed) if rubric.shuffle else "",
        limits_hit=costs(evidence.limits_hit, checks, {start.id for start in evidence.starts() if start.hidden}),
    )


def _require_judged(checks: Sequence[CheckResult]) -> None:
    """No score may rest on what the grader could not see. Raises UngradedError."""
    unseen = next((r for r in checks if r.outcome.status is CheckStatus.ERROR and r.weight is not Weight.FLAG), None)
    if unseen is not None:
        raise UngradedError(
            f"The check {unseen.id} could not be judged: {unseen.outcome.actual or unseen.outcome.message}",
            REPORT_IT if unseen.outcome.trace else _AGAIN,
            unseen.outcome.trace,
        )


def _verdicts(checks: Sequence[CheckResult]) -> Iterator[Judged]:
    """Each as whoever sees the check may know it: one that waits for hidden ones alone has just failed."""
    hidden = {check.id for check in checks if check.visibility is Visibility.HIDDEN}
    for check in checks:
        status, own = check.outcome.status, check.id in hidden
        if status is CheckStatus.BLOCKED and not own and hidden.issuperset(check.outcome.blocked_by):
            status = CheckStatus.FAILED
        yield Judged(check.id, check.title, status, own)


def _late(total: Fraction, rubric: Rubric, seconds: float) -> Late | None:
    """What the lateness costs, rounded as the rubric rounds; None for work in time, and without a policy."""
    lost = late(total, rubric.late, seconds) if rubric.late else None
    return replace(lost, points=total - rounded(total - lost.points, rubric.rounding)) if lost else None


def ungraded(name: str, rubric: Rubric, error: UngradedError, submission: Submission | None = None) -> Report:
    """The report of a failure that is the grader's own."""
    empty = _empty(name, rubric, submission)
    return replace(empty, problem=error.message, advice=error.advice, trace=error.trace)


def not_gradable(name: str, rubric: Rubric, error: NotGradableError) -> Report:
    """The report of work that holds nothing to grade."""
    return replace(
        _empty(name, rubric, None), status=ReportStatus.NOT_GRADABLE, problem=error.message, advice=error.advice
    )


def _info(submission: Submission) -> SubmissionInfo:
    return SubmissionInfo(submission.name, submission.entry, submission.sha256)


def _empty(name: str, rubric: Rubric, submission: Submission | None) -> Report:
    return Report(
        _info(submission) if submission else SubmissionInfo(name, None, None),
        rubric.info,
        ReportStatus.UNGRADED,
        rubric.max_score,
        rubric.pass_mark,
        flags=submission.flags if submission else (),
        grader_version=__version__,
    )
