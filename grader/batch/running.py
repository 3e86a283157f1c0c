"""The loop of a batch: threads grade, one thread saves and tells.

Whatever happens to a work happens to that work alone. A finished one is saved in a transaction of its own before any
number that is told changes, so that a kill at any moment loses only what was running.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from grader.batch.engine import Engine
from grader.batch.files import write_reports
from grader.batch.model import BatchHow, Finished, Progress, Summary, Work
from grader.batch.one import grade_one
from grader.batch.publishing import publish
from grader.batch.which import attempts_that_count, require_same_rubric, resumed, to_grade
from grader.frozen import dataclass
from grader.launch.cores import keep_to_one
from grader.model import ReportStatus, Rubric
from grader.render.numbers import number
from grader.store.folder import opened
from grader.store.store import Store
from grader.store.values import Handed, Result, RunBy, RunMade, Standing, Whose

_TICK = 0.5  # seconds, so that a bar's clock goes on
Tell = Callable[[Progress], None]


def run(works: Iterable[Work], rubric: Rubric, out: Path, how: BatchHow, tell: Tell = lambda _: None) -> Summary:
    """Grade all works that are not graded yet, and write what a person reads into `out`.

    Interrupted (`how.stop`, KeyboardInterrupt), it finishes what runs and saves it. Raises GraderError where nothing
    can be graded here, or nothing can be saved.
    """
    begun = time.monotonic()
    listed = attempts_that_count(works, how.attempts)
    with opened(out) as store:
        last = store.last_run()
        require_same_rubric(last, rubric, out)
        since = resumed(last, rubric, how)
        made = _begin(store, listed, rubric, how, since)
        gone = tuple(store.people(last)) if last else ()
        standings = store.standings()
        todo = to_grade(listed, standings, rubric, how, since)
        loop = _Loop(store, made, rubric, out, how, tell, standings)
        if todo:
            loop.go(todo, len(listed))
        if not loop.waiting:
            store.finish(made.id)
        found = publish(store, made, out)
    return Summary(
        counts=found.counts,
        failed=found.failed,
        now=loop.progress.done - loop.progress.kept,
        kept=len(listed) - len(todo),
        without=found.without,
        gone=gone,
        interrupted=loop.waiting > 0,
        seconds=time.monotonic() - begun,
    )


def _begin(store: Store, works: Sequence[Work], rubric: Rubric, how: BatchHow, since: int | None) -> RunMade:
    people: dict[str, Whose] = {whose.key: whose for whose in how.roster}
    for work in works:
        people.setdefault(work.person.key, work.person)
    handed = (
        Handed(w.key, w.person.key, w.attempt, w.sha256, w.late_seconds, w.late, w.submitted, w.label) for w in works
    )
    options = {
        "attempts": how.attempts.value,
        "missing_as_zero": how.missing_as_zero,
        "not_gradable_as_zero": how.not_gradable_as_zero,
        "regrade": how.regrade.value,
        "since": since,
        "deadline": rubric.late.deadline if rubric.late else None,
        "told": dict(how.told),
    }
    store.begin(RunBy(rubric, how.rubric_text, "batch", options, how.left_out), people.values(), handed)
    made = store.last_run()
    assert made is not None
    return made


@dataclass(frozen=True)
class _Begun:
    work: Work


@dataclass(frozen=True)
class _Done:
    work: Work
    result: Result


@dataclass(frozen=True)
class _Ended:
    """A thread that has no more to do; with what ended the whole batch, if anything did."""

    error: BaseException | None = None


class _Loop:
    def __init__(
        self,
        store: Store,
        made: RunMade,
        rubric: Rubric,
        out: Path,
        how: BatchHow,
        tell: Tell,
        standings: Mapping[str, Standing],
    ) -> None:
        self._store, self._made, self._rubric, self._out = store, made, rubric, out
        self._how, self._tell, self._standings = how, tell, standings
        # Who grades faster than results can be saved waits here, so that no more of them are held in memory.
        self._events: queue.Queue[_Begun | _Done | _Ended] = queue.Queue(2 * max(1, how.jobs))
        self._todo: deque[Work] = deque()
        self._threads = 0
        self._failure: BaseException | None = None
        self._begun = time.monotonic()
        self.waiting = 0
        self.progress = Progress(0)

    def go(self, todo: Sequence[Work], total: int) -> None:
        """Grade them. Where it returns without having graded all, it was asked to stop."""
        self._todo.extend(todo)
        self.waiting = len(todo)
        self.progress = Progress(total, done=total - len(todo), kept=total - len(todo))
        names = self._store.files(self._made)
        with contextlib.closing(Engine(self._rubric.packages, self._how.lowest, self._how.python)) as engine:
            engine.launcher().settle()  # what does not work here at all is said at once, and costs nobody a grade
            self._begun = time.monotonic()
            self._threads = max(1, min(self._how.jobs, len(todo)))
            for job in range(self._threads):
                threading.Thread(target=self._work, args=(job, engine, names), daemon=True).start()
            self._collect_all()
        if self._failure is not None:
            raise self._failure

    # ------------------------------------------------------------------------------------------ in the grading threads

    def _work(self, job: int, engine: Engine, names: Mapping[str, str]) -> None:
        try:
            keep_to_one(job)
            while (work := self._next()) is not None:
                self._events.put(_Begun(work))
                result = grade_one(work, self._rubric, engine, self._how)
                if not self._had_better(work, result):
                    write_reports(self._out, names[work.key], result.kept.report, result.report)
                self._events.put(_Done(work, result))
        except BaseException as error:  # noqa: BLE001  # it is raised where somebody sees it
            self._how.stop.set()
            self._events.put(_Ended(error))
        else:
            self._events.put(_Ended())

    def _next(self) -> Work | None:
        with contextlib.suppress(IndexError):
            return None if self._how.stop.is_set() else self._todo.popleft()
        return None

    def _had_better(self, work: Work, result: Result) -> bool:
        """Whether the work has a grade, and this is none: then the report of that one stays."""
        stands = self._standings.get(work.key)
        return (
            result.kept.report.status is ReportStatus.UNGRADED
            and stands is not None
            and stands.status != ReportStatus.UNGRADED
            and (stands.sha256, stands.rubric_sha256, stands.late_seconds)
            == (work.sha256, self._rubric.sha256, work.late_seconds)
        )

    # --------------------------------------------------------------------------------------------- in the caller's one

    def _collect_all(self) -> None:
        try:
            self._collect()
        except KeyboardInterrupt:
            if self._how.stop.is_set():  # the second time: nothing is waited for
                raise
            self._how.stop.set()
            self._collect()
        except BaseException:
            self._how.stop.set()
            raise

    def _collect(self) -> None:
        while self._threads:
            with contextlib.suppress(queue.Empty):
                self._take(self._events.get(timeout=_TICK))
            self._say()

    def _take(self, event: _Begun | _Done | _Ended) -> None:
        if isinstance(event, _Ended):
            self._threads -= 1
            self._failure = self._failure or event.error
        elif isinstance(event, _Begun):
            self.progress = replace(self.progress, running=self.progress.running + 1)
        else:
            self._store.save(self._made.id, event.result)
            self.waiting -= 1
            self.progress = _counted(self.progress, event)

    def _say(self) -> None:
        self.progress = replace(self.progress, seconds=time.monotonic() - self._begun)
        self._tell(self.progress)
        self.progress = replace(self.progress, last=None)


def _counted(progress: Progress, event: _Done) -> Progress:
    report = event.result.kept.report
    finished = Finished(
        event.work.person.name,
        event.work.attempt,
        report.status.value,
        "" if report.score is None else number(report.score),
        number(report.max_score),
        report.passed,
        report.problem,
        report.duration_seconds,
        event.result.tries,
    )
    return replace(
        progress,
        done=progress.done + 1,
        running=progress.running - 1,
        failed=progress.failed + (report.passed is False),
        not_gradable=progress.not_gradable + (report.status is ReportStatus.NOT_GRADABLE),
        ungraded=progress.ungraded + (report.status is ReportStatus.UNGRADED),
        last=finished,
    )
