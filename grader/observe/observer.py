"""Observations → Evidence: starts the program, sends the requests, writes down what came back.

The only caller of `launch` and `probe`. Checks say what they want to see given what was seen so far; what they want is
merged (equal starts once, equal requests of one start once) and made, round by round, until nobody wants more.
"""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from grader.checks.reach import KNOCK
from grader.frozen import dataclass
from grader.launch.box import Box, Running
from grader.model import (
    Condition,
    Evidence,
    Exchange,
    FailureKind,
    Mode,
    Observation,
    Request,
    RouteVisit,
    Rubric,
    Script,
    Seen,
    Step,
    Submission,
    Visibility,
)
from grader.model.told import Sending, Starting, Tell
from grader.observe.again import otherwise, worth_asking_again
from grader.observe.conversation import Conversation
from grader.observe.failing import told_of
from grader.observe.limits import limits_hit
from grader.observe.merging import merged, met, those_of
from grader.observe.order import seed_of, shuffled
from grader.observe.routes import asked_already, declared, server_errors, visit_of, visitable
from grader.observe.wanting import unseen

_MOST_ROUNDS = 40
_MOST_SCRIPTED = 500  # requests
_IMPORT_ONLY = Observation(Condition(mode=Mode.IMPORT))
_CLOCK = re.compile(r"^\s*(?:import|from)\s+(?:.*,\s*)?(?:time|datetime)\b", re.MULTILINE)
_CLOCK_PAUSE = 0.08  # 15 repetitions see the next second
_QUICK_REPEATS = 5
_LATE_LISTENER_SECONDS = 1.0

# Whether for hidden checks: those share no start, and so no log, with others. A script has a start of its own.
Group = tuple[Condition, int, bool, Script | None]


@dataclasses.dataclass(slots=True)
class _Counter:
    """Hands out ids in an order that does not depend on which start is the faster one. Those for hidden checks are
    counted apart: a gap between the others would tell how many there are."""

    starts: int = 0
    hidden: int = 0

    def next(self, *, hidden: bool = False) -> str:
        if hidden:
            self.hidden += 1
            return f"h{self.hidden}"
        self.starts += 1
        return f"s{self.starts}"


def observe(rubric: Rubric, submission: Submission, boxes: Sequence[Box], tell: Tell | None = None) -> Evidence:
    """All that the rubric's checks want to see of a submission. Starts run side by side, one in each box. `tell` hears
    of every start and request."""
    observer = _Observer(rubric, submission, boxes, tell)
    with ThreadPoolExecutor(len(boxes)) as pool:
        try:
            return observer.observe(pool)
        except BaseException:  # Ctrl-C, above all: no start is waited for
            pool.shutdown(wait=False, cancel_futures=True)
            for box in boxes:
                box.close()
            raise


class _Observer:
    def __init__(self, rubric: Rubric, submission: Submission, boxes: Sequence[Box], tell: Tell | None) -> None:
        self._rubric, self._submission, self._limits = rubric, submission, rubric.limits
        self._tell, self._hidden = tell, {c.id for c in rubric.checks if c.visibility is Visibility.HIDDEN}
        self._boxes: queue.SimpleQueue[Box] = queue.SimpleQueue()
        for box in boxes:
            self._boxes.put(box)
        self._ids = _Counter()
        self._seed = f"{submission.sha256} {rubric.sha256}"
        self._deadline = time.monotonic() + rubric.limits.total_seconds
        self._clock = any(f.text and f.path.endswith(".py") and _CLOCK.search(f.text) for f in submission.files)
        self._hanging: set[Request] = set()
        self._wisher: dict[Observation, str] = {}  # the check that wanted it first

    def observe(self, pool: ThreadPoolExecutor) -> Evidence:
        evidence = Evidence(
            secrets.token_hex(16),
            self._submission.entry,
            self._submission.home,
            self._submission.files,
            seed=self._seed,
        )
        visits: Future[_Visits] | None = None
        for _ in range(_MOST_ROUNDS):
            groups = self._wanted(evidence)
            if not groups:
                break
            made = [pool.submit(self._make, *item, self._ids.next(hidden=item[0][2])) for item in groups.items()]
            if visits is None and evidence.of(_IMPORT_ONLY):  # behind the last of what the checks want for now
                visits = pool.submit(self._visit_routes, evidence, self._ids.next())
            found = [seen for future in made for seen in future.result()]
            evidence = replace(evidence, seen=(*evidence.seen, *found))
        if evidence.of(_IMPORT_ONLY) is None:
            imported = self._make((_IMPORT_ONLY.condition, 0, False, None), [_IMPORT_ONLY], self._ids.next())
            evidence = replace(evidence, seen=(*evidence.seen, *imported))
        routes = visits.result() if visits else self._visit_routes(evidence, self._ids.next())
        evidence = _with_routes(evidence, routes)
        return replace(evidence, limits_hit=limits_hit(evidence))

    def _wanted(self, evidence: Evidence) -> dict[Group, list[Observation]]:
        """What the checks want to see and have not seen yet, by start."""
        groups: dict[Group, list[Observation]] = {}
        for check, wish in unseen(self._rubric, evidence):
            hidden = check.visibility is Visibility.HIDDEN
            self._wisher.setdefault(wish, check.id)
            groups.setdefault((wish.condition, wish.occurrence, hidden, wish.script), []).append(wish)
        return groups

    # ------------------------------------------------------------------------------------------------------- starts

    def _make(self, group: Group, wishes: list[Observation], id: str) -> list[Seen]:
        """One start that shows all the observations of a group."""
        condition, occurrence, hidden, script = group
        if self._clock and occurrence >= _QUICK_REPEATS and time.monotonic() < self._deadline:
            time.sleep(_CLOCK_PAUSE)
        checks = tuple(dict.fromkeys(self._wisher[wish] for wish in wishes if wish in self._wisher))
        with (
            self._box() as box,
            self._started(box, condition, id, occurrence, checks, hidden=hidden) as running,
            told_of(checks),
        ):
            exchanges, again = self._exchanged(running, group, wishes, id) if running.listening else ((), ())
        start = replace(running.start, hidden=hidden)
        if script is not None:
            return [Seen(w, start, exchanges) for w in wishes]
        return [Seen(w, start, those_of(w, exchanges), those_of(w, again)) for w in wishes]

    def _exchanged(
        self, running: Running, group: Group, wishes: Sequence[Observation], id: str
    ) -> tuple[tuple[Exchange, ...], tuple[Exchange, ...]]:
        """What one start answers, and what it answers otherwise when it is asked once more."""
        condition, occurrence, hidden, script = group
        if script is not None:
            return self._follow(running, script, hidden=hidden), ()
        talk = self._ask(running, self._in_order(wishes, id), hidden=hidden)
        exchanges = tuple(talk.exchanges)
        return exchanges, self._ask_again(talk, id) if occurrence == 0 and condition.as_it_is else ()

    @contextlib.contextmanager
    def _started(
        self, box: Box, condition: Condition, id: str, occurrence: int, checks: tuple[str, ...] = (), *, hidden: bool
    ) -> Iterator[Running]:
        if self._tell is not None:
            known = tuple(id for id in checks if (id in self._hidden) is hidden)
            self._tell(Starting(condition, max(occurrence, 0), known, hidden))
        with box.start(condition, id, occurrence, self._deadline) as running:
            yield running

    def _talk(self, running: Running, *, hidden: bool) -> Conversation:
        tell = self._tell
        told = (lambda request: tell(Sending(request, hidden))) if tell is not None else None
        return Conversation(running, self._limits, self._deadline, told)

    @contextlib.contextmanager
    def _box(self) -> Iterator[Box]:
        box = self._boxes.get()
        try:
            yield box
        finally:
            self._boxes.put(box)

    def _in_order(self, wishes: Sequence[Observation], id: str) -> tuple[Step, ...]:
        """What is asked of one start."""
        steps = merged(wishes)
        if not self._rubric.shuffle:
            return steps
        return shuffled(steps, wishes, f"{seed_of(self._seed)} {id}", fixed=(KNOCK.request,))

    def _ask(self, running: Running, steps: Sequence[Step], *, hidden: bool) -> Conversation:
        talk = self._talk(running, hidden=hidden)
        for step in steps:
            talk.forget_cookies()
            self._repeat(talk, step, natural=running.condition.natural)
        return talk

    def _ask_again(self, talk: Conversation, id: str) -> tuple[Exchange, ...]:
        """A few requests of a start once more, each but once; what looks otherwise than before."""
        asked = tuple(talk.exchanges)
        for request in worth_asking_again(asked, f"{seed_of(self._seed)} {id}", fixed=(KNOCK.request,)):
            if time.monotonic() > self._deadline or talk.exchanges[-1].status is None:
                break
            talk.forget_cookies()
            talk.send(request)
        return otherwise(talk.exchanges[len(asked) :], asked)

    def _follow(self, running: Running, script: Script, *, hidden: bool) -> tuple[Exchange, ...]:
        """Have a scripted conversation, to its end or to the first request that hangs."""
        talk = self._talk(running, hidden=hidden)
        while len(talk.exchanges) < _MOST_SCRIPTED:
            request = script.next(tuple(talk.exchanges))
            if request is None:
                break
            if _timed_out(talk.send(request)):
                break
        return tuple(talk.exchanges)

    def _repeat(self, talk: Conversation, step: Step, *, natural: bool) -> None:
        """Send one request as often as the step says."""
        if step.request in self._hanging:
            talk.skip(step.request, "it was not asked again: it gave no answer in an ordinary start")
            return
        for count in range(1, step.at_most + 1):
            talk.send(step.request)
            if _timed_out(talk.exchanges[-1]):
                if natural and talk.answered:  # else it is the server that is silent, not this page
                    self._hanging.add(step.request)
                return
            answers = tuple(e for e in talk.exchanges if e.request == step.request)
            if time.monotonic() > self._deadline or (count >= step.at_least and met(step, answers)):
                return
            if self._clock and count >= _QUICK_REPEATS:
                time.sleep(_CLOCK_PAUSE)

    # ------------------------------------------------------------------------------------------------------- routes

    def _visit_routes(self, evidence: Evidence, id: str) -> _Visits:
        """Visit every declared route that needs no value and that no check has asked for, in a start and copy of their
        own, within a few seconds."""
        routes = declared(evidence)
        runs = any(s.start.answered for s in evidence.under(Condition()))
        wish = Observation(Condition() if runs else Condition(mode=Mode.SERVE), occurrence=-1)
        known = asked_already(routes, evidence.for_visible(), wish.condition)
        rules = dict.fromkeys(route.rule for route in routes if visitable(route) and route.rule not in known)
        if not rules:
            return _Visits(None, tuple(visit_of(route, known.get(route.rule)) for route in routes))
        exchanges: dict[str, Exchange] = {}
        with self._box() as box, self._started(box, wish.condition, id, wish.occurrence, hidden=False) as running:
            until = min(time.monotonic() + self._limits.routes_seconds, self._deadline)
            talk = self._talk(running, hidden=False)
            for rule in rules:
                left = until - time.monotonic()
                if running.listening and left > 0:
                    exchanges[rule] = talk.send(Request(rule), seconds=left)
        visits = tuple(visit_of(route, (known | exchanges).get(route.rule)) for route in routes)
        return _Visits(Seen(wish, running.start), visits, tuple(exchanges.values()))


def _timed_out(exchange: Exchange) -> bool:
    return exchange.failure is not None and exchange.failure.kind is FailureKind.TIMEOUT


@dataclass(frozen=True)
class _Visits:
    """The start for the routes, where one was needed, and what came of it; empty where no route is declared."""

    seen: Seen | None = None
    visits: tuple[RouteVisit, ...] = ()
    exchanges: tuple[Exchange, ...] = ()


def _with_routes(evidence: Evidence, found: _Visits) -> Evidence:
    return replace(
        evidence,
        seen=(*evidence.seen, found.seen) if found.seen else evidence.seen,
        routes=found.visits,
        route_exchanges=found.exchanges,
        flags=(*evidence.flags, *server_errors(found.visits)),
    )
