"""The threads of a worker, the leases of their jobs, and an orderly end.

Whatever ends this process, nothing is lost: what it had taken waits again, given back by itself, or by whoever finds
that its lease has run out.
"""

from __future__ import annotations

import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from grader.courses import importing, jobs, progress, uploads
from grader.courses.database import Database
from grader.courses.import_files import Keeping
from grader.courses.jobs import Claim
from grader.courses.uploads import Quota
from grader.errors import GraderError, StoreError, UngradedError
from grader.launch.cores import keep_to_one
from grader.worker.engines import Engines
from grader.worker.model import WorkerHow
from grader.worker.pulse import Pulse
from grader.worker.recording import Recorder
from grader.worker.working import Working

_LOOK_SECONDS = 0.5
_RENEWALS = 5  # in a lease
_IMPORT_SECONDS = 1.0  # between looks for an export that waits to be read
_TIDY_SECONDS = 3600.0
_STEPS_KEPT = timedelta(days=2)
_SETTLED = ("flask",)  # the packages of most rubrics
_HUNG = "It took longer than {seconds:.0f} seconds, which no grading may."


class Worker:
    """One process that grades. Raises LaunchError, UsageError where no program can be started here at all."""

    def __init__(self, database: Database, how: WorkerHow) -> None:
        self._database, self._how = database, how
        self.name = f"{platform.node()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._engines = Engines(how.lowest, how.python)
        self._pulse = Pulse()
        self._recorder = Recorder(database)
        self._working = Working(database, self._engines, self._recorder, self._pulse, how)
        self._lock, self._taking = threading.Lock(), threading.Lock()
        self._claims: dict[Claim, float] = {}
        self._last_course = 0
        self._hung = ""

    def run(self) -> bool:
        """Grade until `how.stop` is set; whether nothing is running any more. Where something is, only the end of this
        process ends that, at once and with all programs. Raises UngradedError where a grading hangs."""
        try:
            with self._engines.engine(_SETTLED) as engine:
                engine.launcher().settle()  # what does not work here at all costs no job a try
        except BaseException:
            self.close()
            raise
        threads = [
            threading.Thread(target=self._work, args=(number,), name=f"grading {number}", daemon=True)
            for number in range(self._how.jobs)
        ]
        for thread in [*threads, threading.Thread(target=self._read_exports, name="exports", daemon=True)]:
            thread.start()
        self._how.say(f"Worker {self.name} grades {self._how.jobs} side by side.")
        try:
            self._keep(threads)
        finally:
            self._how.stop.set()
            ended = self._wind_down(threads)
        if self._hung:
            raise UngradedError(self._hung, "It was given up; this worker has to be started anew.")
        return ended

    @property
    def hangs(self) -> bool:
        """Whether a grading does, which ended it."""
        return bool(self._hung)

    def close(self) -> None:
        """End every program and interpreter."""
        self._pulse.close()
        self._recorder.close()
        self._engines.close()

    # ------------------------------------------------------------------------------------------ in the grading threads

    def _work(self, number: int) -> None:
        keep_to_one(number)
        while (claim := self._next()) is not None:
            try:
                self._working.do(claim)
            except StoreError as error:
                self._how.say(f"Job {claim.job} could not be saved: {error}")
            finally:
                with self._lock:
                    self._claims.pop(claim, None)

    def _next(self) -> Claim | None:
        """Waits for the next job; of all threads, one asks. None once nothing more is to be begun."""
        with self._taking:
            while not self._how.stop.is_set():
                try:
                    claim = self._taken()
                except StoreError as error:
                    self._how.say(f"Nothing can be taken: {error}")
                    self._how.stop.wait(_IMPORT_SECONDS)
                    continue
                if claim is not None:
                    return claim
                self._how.stop.wait(self._how.idle_seconds)
        return None

    def _taken(self) -> Claim | None:
        with self._database.reading() as db:
            if not jobs.is_any_waiting(db):
                return None
        with self._database.writing() as db:
            lease = self._how.lease_seconds
            claim = jobs.take(db, self.name, last_course=self._last_course, lease=lease)
        if claim is not None:
            self._last_course = claim.course
            with self._lock:
                self._claims[claim] = time.monotonic()
        return claim

    # ------------------------------------------------------------------------------------------ in threads of their own

    def _read_exports(self) -> None:
        keeping = Keeping(self._how.data, Quota(self._how.quota, self._how.quota))
        while not self._how.stop.is_set():
            try:
                found = importing.read_next(self._database, keeping, self.name)
            except GraderError as error:
                self._how.say(f"No export can be read: {error}")
                found = False
            if not found:
                self._how.stop.wait(_IMPORT_SECONDS)

    def _keep(self, threads: Sequence[threading.Thread]) -> None:
        """Keep the leases, look after those of others, and clear away what nobody needs."""
        every = self._how.lease_seconds / _RENEWALS
        due = {self._renew: time.monotonic() + every, self._reap: 0.0, self._tidy: time.monotonic() + _TIDY_SECONDS}
        often = {self._renew: every, self._reap: every, self._tidy: _TIDY_SECONDS}
        while not self._how.stop.wait(_LOOK_SECONDS):
            if not all(thread.is_alive() for thread in threads) and not self._how.stop.is_set():
                self._hung = "A thread of this worker came to an end that it should not have come to."
                return
            for task in [task for task, at in due.items() if at <= time.monotonic()]:
                due[task] = time.monotonic() + often[task]
                self._tried(task)

    def _tried(self, task: Callable[[], None]) -> None:
        try:
            task()
        except (StoreError, OSError) as error:
            self._how.say(f"The database or the disk fails: {error}")

    def _renew(self) -> None:
        claims = self._held()
        if not claims:
            return
        hung = [claim for claim, begun in claims.items() if time.monotonic() - begun > self._working.most(claim)]
        with self._database.writing() as db:
            kept = jobs.renew(db, [c for c in claims if c not in hung], lease=self._how.lease_seconds)
            given_up = [c for c in hung if jobs.fail(db, c, _HUNG.format(seconds=self._working.most(c)))]
        for claim in claims.keys() - set(kept):
            if claim in self._held():
                self._recorder.drop(claim)
        if given_up:
            self._hung = f"The grading of job {given_up[0].job} hangs."
            self._how.stop.set()

    def _held(self) -> dict[Claim, float]:
        with self._lock:
            return dict(self._claims)

    def _reap(self) -> None:
        with self._database.reading() as db:
            if not jobs.are_any_lost(db):
                return
        with self._database.writing() as db:
            count = jobs.reap(db)
        if count:
            self._how.say(f"{count} taken from workers that are gone.")

    def _tidy(self) -> None:
        with self._database.writing() as db:
            progress.clear(db, older=_STEPS_KEPT)
        uploads.clear(self._database, self._how.data)

    # ------------------------------------------------------------------------------------------------------------- end

    def _wind_down(self, threads: Sequence[threading.Thread]) -> bool:
        """Wait a few seconds for what runs, and give back the rest. An interpreter that somebody waits for takes
        seconds to end in order: then that is left to the end of this process."""
        until = time.monotonic() + self._how.grace_seconds
        while any(thread.is_alive() for thread in threads) and time.monotonic() < until:
            time.sleep(0.05)
        left = self._held()
        for claim in left:
            self._recorder.drop(claim)
        self._tried(lambda: self._give_back(list(left)))
        ended = not any(thread.is_alive() for thread in threads)
        if ended:
            self.close()
        return ended

    def _give_back(self, claims: Sequence[Claim]) -> None:
        if claims:
            with self._database.writing() as db:
                count = jobs.release(db, claims)
            self._how.say(f"{count} given back: others will grade them.")
