"""One work of a batch: in a copy and a sandbox of its own, tried again where it was the grader that failed."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

from grader.batch.engine import Engine
from grader.batch.model import BatchHow, Work
from grader.errors import GraderError, NotGradableError, UngradedError, UsageError
from grader.launch.launcher import Launcher
from grader.launch.scratch import folder_in
from grader.model import Kept, ReportStatus, Rubric
from grader.model.told import Tell
from grader.pipeline import How, grade_kept, not_gradable, ran_by, ungraded
from grader.render.json import render
from grader.store.values import Result


def grade_one(work: Work, rubric: Rubric, engine: Engine, how: BatchHow) -> Result:
    """A result, whatever happens. Our own fault is tried again, as often as `how` says."""
    tries = 0
    while True:
        tries += 1
        kept = grade_once(work, rubric, engine, how)
        if kept.report.status is not ReportStatus.UNGRADED or tries > how.retries or how.stop.is_set():
            return Result(work.key, kept, render(kept.report), work.late_seconds, tries)


def grade_once(work: Work, rubric: Rubric, engine: Engine, how: BatchHow, tell: Tell | None = None) -> Kept:
    """One try. `tell` hears what is being done."""
    return _named(_tried(work, rubric, engine, how, tell), work.person.name)


def _tried(work: Work, rubric: Rubric, engine: Engine, how: BatchHow, tell: Tell | None) -> Kept:
    name = work.person.name
    try:
        launcher = engine.launcher()
        with folder_in(launcher.workspace, "stage-") as workspace:
            return _graded(work, rubric, launcher, how, Path(workspace), tell)
    except UngradedError as error:
        return Kept(ungraded(name, rubric, error))
    except GraderError as error:
        return Kept(ungraded(name, rubric, UngradedError(error.message, error.advice)))
    except Exception as error:  # noqa: BLE001  # a fault of ours costs one work its grade, and says so
        message = f"The grader itself failed: {type(error).__name__}: {error}."
        trace = "".join(traceback.format_exception(error))
        return Kept(ungraded(name, rubric, UngradedError(message, "Please report it.", trace)))


def _graded(work: Work, rubric: Rubric, launcher: Launcher, how: BatchHow, workspace: Path, tell: Tell | None) -> Kept:
    """What is unusable as it was handed in is not gradable: that is nobody's fault but a person's to decide on."""
    grading = How(fresh=how.fresh, boxes=1, late_seconds=work.late_seconds, tell=tell)
    try:
        return grade_kept(work.stage(workspace), rubric, launcher, grading)
    except NotGradableError as error:
        return Kept(not_gradable(work.person.name, rubric, error), ran_by=ran_by(rubric))
    except UsageError as error:
        wrong = NotGradableError(error.message, error.advice)
        return Kept(not_gradable(work.person.name, rubric, wrong), ran_by=ran_by(rubric))


def _named(kept: Kept, name: str) -> Kept:
    """Under the person's name, whatever the file was called."""
    report = kept.report
    return replace(kept, report=replace(report, submission=replace(report.submission, name=name)))
