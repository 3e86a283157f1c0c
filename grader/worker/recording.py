"""What gradings tell, written down a few times a second: a grading never waits for the database because of it."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Sequence

from grader.courses import jobs, progress
from grader.courses.database import Database
from grader.courses.jobs import Claim
from grader.courses.progress import REQUEST, Moment
from grader.errors import UngradedError
from grader.model.told import Tell, Told

_EVERY_SECONDS = 0.2
_MOST_REQUESTS = 300  # of a job; a rubric may ask for thousands


class Recorder:
    """The steps of all jobs of a worker. Whatever cannot be written is left out: no grade rests on it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._told: dict[Claim, list[Moment]] = defaultdict(list)
        self._requests: dict[Claim, int] = defaultdict(int)
        self._unwanted: set[Claim] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write_now_and_then, name="steps", daemon=True)
        self._thread.start()

    def teller(self, claim: Claim) -> Tell:
        """Hears what a grading tells, for that job. One that nobody wants any more ends with what it tells next."""

        def tell(told: Told) -> None:
            if claim in self._unwanted:
                raise UngradedError("This grading was taken from its worker.")
            moments = list(progress.moments_of(told))
            with self._lock:
                self._requests[claim] += sum(moment.kind == REQUEST for moment in moments)
                if self._requests[claim] <= _MOST_REQUESTS or moments[0].kind != REQUEST:
                    self._told[claim] += moments

        return tell

    def drop(self, claim: Claim) -> None:
        """Nobody wants that grading any more."""
        self._unwanted.add(claim)

    def taken(self, claim: Claim) -> Sequence[Moment]:
        """What was told and is not written yet, for whoever writes it himself; what is just being written is waited
        for."""
        with self._writing, self._lock:
            return self._told.pop(claim, [])

    def forget(self, claim: Claim) -> None:
        """The job is over for this worker."""
        self.taken(claim)
        self._requests.pop(claim, None)
        self._unwanted.discard(claim)

    def close(self) -> None:
        """Write nothing more."""
        self._ended.set()
        self._thread.join(2)

    def _write_now_and_then(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            with self._writing:
                with self._lock:
                    told, self._told = self._told, defaultdict(list)
                if told:
                    with contextlib.suppress(Exception):
                        self._write(told)

    def _write(self, told: dict[Claim, list[Moment]]) -> None:
        with self._database.writing() as db:
            for claim in sorted(told, key=lambda claim: claim.job):
                job = jobs.held(db, claim)
                if job is not None:
                    progress.note(db, job, told[claim])
