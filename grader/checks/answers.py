"""Is a request answered as the rubric asks?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from functools import cached_property
from typing import Any, Literal

from grader.checks.asking import Ask
from grader.checks.bounding import TOLD
from grader.checks.dialogue import MOST_REPEATS, FlowStep, values_for
from grader.checks.distinct import Differs, Distinct
from grader.checks.expectation import Expectation
from grader.checks.flow import Flow
from grader.checks.html import page_of
from grader.checks.interpolation import bind
from grader.checks.parts import in_part, parts_of
from grader.checks.reach import KNOCKED, NATURAL, PINS, answers_to, discarded, serving_mode, start_of, unmade, visits
from grader.checks.telling import told
from grader.checks.trial import faults, outcome_of, values_shown
from grader.checks.verdict import broken, broken_page, cut_short, failed, no_server
from grader.frozen import dataclass
from grader.model import Condition, Evidence, Exchange, Flag, Mode, Observation, Outcome, Request, Step, passed

MOST_REQUESTS = 21  # of a page that never changes


@dataclass(frozen=True)
class Answers(Ask):
    """Every answer to one request satisfies each of `expect`; with `pinned`, also with random draws at both ends of
    their range. With `distinct`, what the query reads changes between requests to one running server.

    What changes nothing in the program is asked of a running server that other checks share; everything else, and
    what says `state: fresh`, has a start and a copy of its own. With `after`, it goes on where another check ended.
    """

    repeat: int = 1
    state: Literal["shared", "fresh"] = "shared"
    after: str | None = None
    pinned: bool = False
    expect: tuple[Expectation, ...] = ()
    distinct: Distinct | None = None
    partial: Literal["expectations", "repeats"] | None = None
    before: tuple[FlowStep, ...] = field(default=(), metadata={"key": None})

    def validate(self) -> None:
        """Raises ValueError, in words for a rubric's author."""
        if self.path is None:
            object.__setattr__(self, "path", "/")
        if not (self.expect or self.distinct):
            raise ValueError("say what is asked of the answer: expect or distinct")
        if not 1 <= self.repeat <= MOST_REPEATS:
            raise ValueError(f"repeat goes from 1 to {MOST_REPEATS}")
        if self.partial == "repeats" and self.repeat == 1:
            raise ValueError("partial: repeats needs repeat")
        if self.partial == "expectations" and len(self.expect) < 2:
            raise ValueError("partial: expectations needs two expectations or more")
        super().validate()
        if self.pinned and not self._shares:
            raise ValueError(
                "pinned is for requests that change nothing in the program: without a body, headers, state, after"
            )
        self._flow()  # which validates the rest

    @property
    def _shares(self) -> bool:
        return self.safe and self.state == "shared" and self.after is None

    def _flow(self) -> Flow:
        """The same as a conversation of one step."""
        repeat = max(self.repeat, 2) if self.distinct else self.repeat
        step = FlowStep(
            **{name: getattr(self, name) for name in Ask.__dataclass_fields__},
            repeat=repeat,
            expect=self.expect,
            distinct=self.distinct,
        )
        return Flow((step,), self.after, self.partial, self.before)

    @property
    def continued(self) -> tuple[FlowStep, ...]:
        """What a check after this one does first."""
        return self._flow().continued

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """The natural start, repeated requests where the answers must differ, and pinned starts for what works."""
        if not self._shares:
            yield from self._flow().plan(evidence)
            return
        step = self._step(evidence)
        yield KNOCKED
        yield Observation(NATURAL, 0, (step,))
        yield from visits(evidence, step)
        if self.pinned and any(e.ok for e in answers_to(evidence, step)):
            for pin in PINS:
                yield from visits(evidence, Step(step.request), pin=pin)

    def _step(self, evidence: Evidence) -> Step:
        """The request, as often as it is asked by this check."""
        request = self._request(evidence)
        if self.distinct:
            return Step(request, self.repeat, max(self.repeat, MOST_REQUESTS), Differs(self.distinct))
        return Step(request, self.repeat, self.repeat)

    def _request(self, evidence: Evidence) -> Request:
        return bind(self._ask, dict(values_for(self._ask, evidence.seed))).request()

    @cached_property
    def _ask(self) -> Ask:
        """The request alone."""
        return Ask(**{name: getattr(self, name) for name in Ask.__dataclass_fields__})

    def judge(self, evidence: Evidence) -> Outcome:
        """Judges every natural answer and the pinned ones that came."""
        if not self._shares:
            return self._flow().judge(evidence)
        natural = answers_to(evidence, self._step(evidence))
        if serving_mode(evidence) is None or not natural:
            return no_server(evidence, self._expected)
        pinned, flags = self._pinned(evidence)
        outcome = self._expect_fault(evidence, natural, pinned) or self._distinct_fault(evidence, natural)
        if outcome is None:
            ids = [e.id for e in (*natural, *pinned)]
            outcome = passed(f"{self._expected}.", [natural[0].start, *ids])
        elif self.partial:
            asked, more = natural[: self.repeat], natural[self.repeat :]
            answers = self._with_values(evidence, (*asked, *pinned, *more))
            repeat = self.repeat + len(pinned)
            parts = parts_of(self.partial, self.expect, self.distinct, answers, repeat, complete=True)
            outcome = in_part(outcome, [parts])
        return replace(outcome, flags=flags)

    def _pinned(self, evidence: Evidence) -> tuple[tuple[Exchange, ...], tuple[Flag, ...]]:
        """The answers with random draws pinned; those that broke only there are left out, and flagged."""
        kept: list[Exchange] = []
        flags: list[Flag] = []
        for pin in PINS if self.pinned else ():
            condition = Condition(serving_mode(evidence) or Mode.RUN, pin)
            start = start_of(evidence, condition)
            came = answers_to(evidence, Step(self._request(evidence)), pin)
            kept += [e for e in came if e.ok]
            if start and not start.listening and not unmade(start):
                flags.append(discarded(pin, "the program started no server"))
            elif any(not e.ok for e in came):
                flags.append(discarded(pin, f"{self.title} failed"))
        return tuple(kept), tuple(flags)

    def _with_values(self, evidence: Evidence, exchanges: Iterable[Exchange]) -> list[tuple[Exchange, dict[str, Any]]]:
        """Answers, each with the values that were made up for this check."""
        values = dict(values_for((self.expect, self._ask), evidence.seed))
        return [(exchange, values) for exchange in exchanges]

    def _expect_fault(
        self, evidence: Evidence, natural: tuple[Exchange, ...], pinned: tuple[Exchange, ...]
    ) -> Outcome | None:
        answers = self._with_values(evidence, (*natural, *pinned))
        wrong = {e.id: {f.index: f for f in faults(self.expect, e, values)} for e, values in answers}
        for index in range(len(self.expect)):
            failing = [wrong[e.id][index] for e in natural if index in wrong[e.id]]
            ends = [wrong[e.id][index] for e in pinned if index in wrong[e.id]]
            # What is wrong always is shown on an ordinary answer; what is wrong at times, where it surely is.
            shown = failing if len(failing) == len(natural) else ends or failing
            if shown:
                return outcome_of(evidence, shown[0], self.title)
        return None

    def _distinct_fault(self, evidence: Evidence, natural: tuple[Exchange, ...]) -> Outcome | None:
        if self.distinct is None:
            return None
        shown = values_shown(self.distinct, self.expect, self._with_values(evidence, natural))
        if len(set(shown)) > 1:
            return None
        cut = cut_short(natural)
        if cut is not None:
            return broken_page(evidence, self._expected, cut)
        ids = [natural[0].start, *(e.id for e in natural)]
        worst = next((e for e in natural if broken(e)), None)
        if worst and not shown:
            return broken_page(evidence, self._expected, worst)
        if self.distinct.reads_page and any(page_of(e).is_cut for e in natural):  # what changes may stand behind
            message = f"The page at {self.path} is too large to be read to its end: at most {TOLD} are."
            return failed(self._expected, "a page that is not read to its end", message=message, evidence=ids)
        if not shown:
            what = "number" if self.distinct.reads else "such value"
            message = f"No {what} was found on the page at {self.path}."
            return failed(self._expected, f"a page without any {what}", message=message, evidence=ids)
        return self._constant(evidence, self.distinct, shown, ids)

    def _constant(
        self, evidence: Evidence, distinct: Distinct, shown: list[tuple[str, ...]], ids: list[str]
    ) -> Outcome:
        """What must change is the same in all answers."""
        seen = ", ".join(shown[0])
        actual = f"{seen} in each of {len(shown)} answers"
        if not distinct.reads:
            message = f"Asked of {self.title}: {distinct.asked}; but it was {actual}."
            return failed(self._expected, actual, message=message, evidence=ids)
        from grader.checks import diagnosis

        return failed(self._expected, actual, diagnosis.constant_number(evidence, seen), evidence=ids)

    @property
    def _expected(self) -> str:
        wanted = [expectation.asked for expectation in self.expect]
        if self.distinct:
            wanted.append(self.distinct.asked)
        return f"{self.title}: {' and '.join(wanted)}"

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return tuple(told(self._flow().steps[0]))
