"""Is a request answered as the rubric asks?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from grader.checks.queries import Differs, Expectation, Query
from grader.checks.reach import NATURAL, PINS, answers_of, discarded, serving_mode, start_of, unmade, visits
from grader.checks.verdict import broken, broken_page, failed, no_server
from grader.model import Condition, Evidence, Exchange, Flag, Mode, Observation, Outcome, Request, Step, passed

MOST_REQUESTS = 21  # of a page whose number never changes


@dataclass(frozen=True, slots=True)
class Answers:
    """Every answer to `method path` satisfies each of `expect`; with `pinned`, also with random draws at both ends of
    their range. With `distinct`, what the query reads changes between requests to one running server."""

    path: str = "/"
    method: str = "GET"
    pinned: bool = False
    expect: tuple[Expectation, ...] = ()
    distinct: Query | None = None

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"a path begins with a slash; this is {self.path!r}")
        if not (self.method.isalpha() and self.method.isupper()):
            raise ValueError(f"a method is written in capitals, such as GET; this is {self.method!r}")
        if not (self.expect or self.distinct):
            raise ValueError("say what is asked of the answer: expect or distinct")

    @property
    def request(self) -> Request:
        """What is sent."""
        return Request(self.path, self.method)

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """The natural start, repeated requests where the answers must differ, and pinned starts for what works."""
        step = Step(self.request)
        if self.distinct:
            step = Step(self.request, at_most=MOST_REQUESTS, until=Differs(self.distinct))
        yield Observation(NATURAL, 0, (step,))
        yield from visits(evidence, step)
        if self.pinned and any(e.ok for e in self._natural(evidence)):
            for pin in PINS:
                yield from visits(evidence, Step(self.request), pin=pin)

    def judge(self, evidence: Evidence) -> Outcome:
        """Judges every natural answer and the pinned ones that came."""
        natural = self._natural(evidence)
        if serving_mode(evidence) is None or not natural:
            return no_server(evidence, self._expected)
        pinned, flags = self._pinned(evidence)
        outcome = self._expect_fault(evidence, natural, pinned) or self._distinct_fault(evidence, natural)
        if outcome is None:
            ids = [e.id for e in (*natural, *pinned)]
            outcome = passed(f"{self._expected}.", [natural[0].start, *ids])
        return replace(outcome, flags=flags)

    def _natural(self, evidence: Evidence) -> tuple[Exchange, ...]:
        return answers_of(evidence, Condition(serving_mode(evidence) or Mode.RUN), self.request)

    def _pinned(self, evidence: Evidence) -> tuple[tuple[Exchange, ...], tuple[Flag, ...]]:
        """The answers with random draws pinned; those that broke only there are left out, and flagged."""
        kept: list[Exchange] = []
        flags: list[Flag] = []
        for pin in PINS if self.pinned else ():
            condition = Condition(serving_mode(evidence) or Mode.RUN, pin)
            start = start_of(evidence, condition)
            came = answers_of(evidence, condition, self.request)
            kept += [e for e in came if e.ok]
            if start and not start.listening and not unmade(start):
                flags.append(discarded(pin, "the program started no server"))
            elif any(not e.ok for e in came):
                flags.append(discarded(pin, f"{self._asked} failed"))
        return tuple(kept), tuple(flags)

    def _expect_fault(
        self, evidence: Evidence, natural: tuple[Exchange, ...], pinned: tuple[Exchange, ...]
    ) -> Outcome | None:
        for expectation in self.expect:
            failing = [e for e in natural if not expectation.met(e)]
            ends = [e for e in pinned if not expectation.met(e)]
            # What is wrong always is shown on an ordinary answer; what is wrong at times, where it surely is.
            shown = failing if len(failing) == len(natural) else ends or failing
            if shown:
                return self._explain(evidence, expectation, shown[0])
        return None

    def _explain(self, evidence: Evidence, expectation: Expectation, exchange: Exchange) -> Outcome:
        expected = f"{self._asked} answers with {expectation.asked}"
        if broken(exchange):
            return broken_page(evidence, expected, exchange)
        from grader.checks import diagnosis

        number = expectation.wrong_number(exchange)
        finding = None
        if number is not None:
            finding = diagnosis.number(evidence, number)
        elif expectation.query:
            finding = diagnosis.heading(evidence, expectation.reads, exchange)
        message = f"{self._asked} does not answer with {expectation.asked}."
        ids = [exchange.start, exchange.id]
        return failed(expected, expectation.seen(exchange), finding, message=message, evidence=ids)

    def _distinct_fault(self, evidence: Evidence, natural: tuple[Exchange, ...]) -> Outcome | None:
        if self.distinct is None:
            return None
        shown = [(e, value) for e in natural if (value := self.distinct.value(e)) is not None]
        if any(one.start == other.start and a != b for one, a in shown for other, b in shown):
            return None
        ids = [natural[0].start, *(e.id for e in natural)]
        if not shown:
            worst = next((e for e in natural if broken(e)), None)
            if worst:
                return broken_page(evidence, self._expected, worst)
            message = f"No number was found on the page at {self.path}."
            return failed(self._expected, "a page without any number", message=message, evidence=ids)
        from grader.checks import diagnosis

        seen = ", ".join(shown[0][1])
        finding = diagnosis.constant_number(evidence, seen)
        return failed(self._expected, f"{seen} in each of {len(shown)} answers", finding, evidence=ids)

    @property
    def _asked(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def _expected(self) -> str:
        wanted = [expectation.asked for expectation in self.expect]
        if self.distinct:
            wanted.append("a number that changes between requests")
        return f"{self._asked} answers with {' and '.join(wanted)}"
