"""Gives each submission a box: a sandbox of the strongest level that works here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from grader.errors import LaunchError
from grader.launch import cores
from grader.launch.box import Box, Unusable
from grader.launch.child.channel import Message
from grader.launch.scratch import folder_in
from grader.launch.selftest import Finding, findings, limits_of_probe, probe_submission
from grader.launch.warm import WarmInterpreter
from grader.model import Isolation, Level, Limits, Submission

_ORDER = (Level.NAMESPACES, Level.LANDLOCK, Level.PROCESS)
_FOR_THE_KEEPER = ("log_bytes", "cpu_seconds", "memory_bytes", "processes", "file_bytes", "disk_bytes", "descriptors")


class Launcher:
    """Starts students' programs with one warm interpreter, at a level from `highest` down to `lowest`.

    As a context manager it ends whatever it started. `without` leaves layers of the sandbox out, so that a test can
    show what each of them is good for; then the level is not proved by the probe submission, unless `prove` says so.
    Raises LaunchError, UsageError.
    """

    def __init__(
        self,
        warm: WarmInterpreter,
        *,
        lowest: Level = Level.PROCESS,
        highest: Level = Level.NAMESPACES,
        without: Collection[str] = (),
        prove: bool | None = None,
    ) -> None:
        self._warm, self._without = warm, tuple(without)
        self._prove = not without if prove is None else prove
        self._proof: Future[Sequence[Finding]] | None = None
        self._pool = ThreadPoolExecutor(1)
        self._levels = [x for x in _ORDER if _ORDER.index(highest) <= _ORDER.index(x) <= _ORDER.index(lowest)]
        self._why: list[str] = []
        self._mechanisms: tuple[str, ...] = ()
        self._missing: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End everything, the warm interpreter too."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._warm.close()

    @property
    def workspace(self) -> str:
        """A private folder that is gone when this ends, even where the grader is killed."""
        return self._warm.workspace

    @property
    def level(self) -> Level:
        """The strongest level that has not failed here so far."""
        return self._levels[0]

    @property
    def isolation(self) -> Isolation:
        """What is in force."""
        return Isolation(self.level, " ".join(self._why), self._mechanisms, self._missing)

    @contextmanager
    def open(self, submission: Submission, limits: Limits, *, fresh: bool = False) -> Iterator[Box]:
        """A box for one submission; it is being made when this returns, and says at its first start whether it works.

        With `fresh`, every start in it gets a new interpreter.
        """
        self.begin_proof()
        with self._box(submission, limits, fresh=fresh, ready=self._assert_proved) as box:
            yield box

    @contextmanager
    def _box(self, submission: Submission, limits: Limits, *, fresh: bool, ready: Callable[[], None]) -> Iterator[Box]:
        self._warm.wait_until_loaded()
        with folder_in(self._warm.workspace, "box-") as stage:
            channel, told = self._warm.fork_keeper(self._order(submission, limits, stage))
            box = Box(channel, submission, limits, cold=fresh or told["cold"], note=self._note, ready=ready)
            try:
                yield box
            finally:
                box.close()

    # ---------------------------------------------------------------------------------------------------- the proof

    def begin_proof(self) -> None:
        """Begin, beside whatever else there is to do, to try whether this level is tight. Once a level."""
        if self._prove and self._proof is None:
            self._proof = self._pool.submit(self.findings)

    def settle(self) -> None:
        """Go down to a level that the probe submission finds tight, before anything is started. Raises LaunchError
        where there is none."""
        self._warm.wait_until_loaded()
        while self._prove:
            self.begin_proof()
            try:
                self._assert_proved()
                break
            except Unusable as error:
                self.lower(str(error))

    def findings(self) -> Sequence[Finding]:
        """What the probe submission can do at this level. Raises Unusable where it cannot be started at all."""
        limits = limits_of_probe()
        with (
            probe_submission(self._warm.workspace, self._warm.packages, limits.disk_bytes) as (submission, udp),
            self._box(submission, limits, fresh=False, ready=lambda: None) as box,
        ):
            return findings(box, udp)

    def _assert_proved(self) -> None:
        """Before the first start of a box. Raises Unusable where the probe got out."""
        if self._proof is None:
            return
        out = [finding for finding in self._proof.result() if finding.breaks(self.level)]
        if out:
            words = "; ".join(f"it can {finding.attempt.words} ({finding.detail})" for finding in out[:3])
            raise Unusable(f"the probe submission gets out: {words}")

    def _note(self, mechanisms: Sequence[str], missing: Sequence[str]) -> None:
        self._mechanisms, self._missing = tuple(mechanisms), tuple(missing)

    def _order(self, submission: Submission, limits: Limits, stage: str) -> Message:
        return {
            "level": self.level.value,
            "stage": stage,
            "pristine": str(submission.root),
            "names": sorted(top_level_names(submission)),
            "limits": {name: getattr(limits, name) for name in _FOR_THE_KEEPER},
            "without": self._without,
            "cores": cores.usable(),
        }

    def lower(self, problem: str) -> None:
        """Go down one level, since this one does not work here. Raises LaunchError below the lowest."""
        why = f"{self.level.value} is not available here: {problem}."
        if why not in self._why:
            self._why.append(why)
        if len(self._levels) == 1:
            raise LaunchError(
                f"No student's server can be started here. {' '.join(self._why)}",
                "docs/security.md says what each level needs; --isolation accepts a weaker one.",
            )
        del self._levels[0]
        self._proof = None


def top_level_names(submission: Submission) -> set[str]:
    """The names that `import` finds first in the folder which the entry is started from."""
    prefix = "" if submission.home == "." else submission.home + "/"
    names: set[str] = set()
    for file in submission.files:
        if file.path.startswith(prefix):
            head, _, rest = file.path.removeprefix(prefix).partition("/")
            if rest or head.endswith(".py"):
                names.add(head.removesuffix(".py"))
    return names
