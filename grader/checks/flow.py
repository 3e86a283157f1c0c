"""Does a conversation go as the rubric asks?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from typing import Any, Literal

from grader.checks.dialogue import Course, Dialogue, FlowStep, Reached, values_for, walk
from grader.checks.parts import in_part, lost_before, parts_of_steps
from grader.checks.reach import KNOCKED, NATURAL, serving_mode
from grader.checks.telling import told
from grader.checks.trial import Fault, faults, hint_of, outcome_of, unexpected, values_shown
from grader.checks.verdict import broken, broken_page, describe, failed, no_server, not_seen, used_up
from grader.checks.views import view_of
from grader.frozen import dataclass
from grader.model import Condition, Evidence, Exchange, Observation, Outcome, StartState, passed

MOST_REQUESTS = 400


@dataclass(frozen=True)
class Flow:
    """Several steps, one after the other, with cookies kept, in a fresh copy of the student's files. With `after`,
    they go on where the flow of another check ended: its steps are taken first, in this check's own copy."""

    steps: tuple[FlowStep, ...]
    after: str | None = None
    partial: Literal["expectations", "repeats"] | None = None
    before: tuple[FlowStep, ...] = field(default=(), metadata={"key": None})

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("steps holds at least one step")
        if sum(step.repeat for step in self.continued) > MOST_REQUESTS:
            raise ValueError(f"steps send at most {MOST_REQUESTS} requests, repetitions included")
        if self.partial == "repeats" and not any(step.repeat > 1 for step in self.steps):
            raise ValueError("partial: repeats needs a step with repeat")
        if self.partial == "expectations" and sum(len(step.expect) for step in self.steps) < 2:
            raise ValueError("partial: expectations needs two expectations or more")
        if self.after is None or self.before:  # else what comes before is not known yet
            self._validate_pages()

    def _validate_pages(self) -> None:
        """Raises ValueError where a form or a link is asked of no page."""
        if self.continued[0].path is None:
            raise ValueError("steps begin with a path; or say after, where they go on from another check")
        browsers: set[str] = set()
        for step in self.continued:
            if step.path is None and step.browser not in browsers:
                raise ValueError(f"steps: {step.title} takes a page, and the browser {step.browser!r} has none yet")
            browsers.add(step.browser)

    @property
    def continued(self) -> tuple[FlowStep, ...]:
        """All steps, those that it goes on from first: what a check after this one takes first."""
        return (*self.before, *self.steps)

    # ---------------------------------------------------------------------------------------------------- observing

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """A start of its own, once it is known how pages are reached."""
        yield KNOCKED
        mode = serving_mode(evidence)
        if mode is not None:
            yield self._observation(evidence)

    def _observation(self, evidence: Evidence) -> Observation:
        mode = serving_mode(evidence)
        actions = tuple(step.action for step in self.continued)
        return Observation(
            Condition(mode) if mode else NATURAL, script=Dialogue(actions, values_for(actions, evidence.seed))
        )

    # ------------------------------------------------------------------------------------------------------ judging

    def judge(self, evidence: Evidence) -> Outcome:
        """The first thing that is not as it is asked, or full marks."""
        if serving_mode(evidence) is None:
            return no_server(evidence, self._asked)
        seen = evidence.of(self._observation(evidence))
        if seen is None or seen.start.state is StartState.FAILED:
            return not_seen(self._asked, seen.start if seen else None)
        if not seen.exchanges:
            return no_server(evidence, self._asked)
        course = walk(self.continued, dict(values_for(self.continued, evidence.seed)), seen.exchanges)
        outcome = self._fault(evidence, course, seen.exchanges[-1])
        if outcome is None:
            ids = [seen.start.id, *(e.id for e in seen.exchanges)]
            return passed(f"{self._asked[0].upper()}{self._asked[1:]}: as it was asked.", ids)
        if self.partial is None:
            return outcome
        before, own = course.reached[: len(self.before)], course.reached[len(self.before) :]
        parts = (parts_of_steps(self.partial, self.steps, own), lost_before(self.before, before))
        return in_part(outcome, parts)

    def _fault(self, evidence: Evidence, course: Course, last: Exchange) -> Outcome | None:
        """The first thing that is wrong, in the order in which it happened. Of the steps that it goes on from, only
        that they were answered: what else is wrong with them is another check's."""
        for reached in course.reached[: len(self.before)]:
            lost = next((e for e, captures in reached.answers if unexpected(reached.step.expect, e, captures)), None)
            if lost is not None:
                return broken_page(evidence, f"{reached.step.title} is answered without an error", lost)
        for reached in course.reached[len(self.before) :]:
            fault = fault_of(evidence, reached)
            if fault:
                return fault
        if course.stuck:
            return self._stuck(evidence, course, last)
        if course.next is None:
            return None
        if last.status is None:
            return broken_page(evidence, course.reached[-1].step.title, last)
        return used_up(self._asked)

    def _stuck(self, evidence: Evidence, course: Course, last: Exchange) -> Outcome:
        step, ids = course.reached[-1].step, [last.start, last.id]
        expected = f"{step.title} is possible"
        if broken(last) and step.path is None:
            return broken_page(evidence, expected, last)
        outcome = failed(expected, describe(last), message=course.stuck, evidence=ids)
        return replace(outcome, hint=hint_of(step.hint, {}), location=view_of(evidence, last))

    # -------------------------------------------------------------------------------------------------------- words

    @property
    def _asked(self) -> str:
        return ", then ".join(step.title for step in self.steps[:6]) + (" and so on" if len(self.steps) > 6 else "")

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return tuple(sentence for step in self.steps for sentence in told(step))


def fault_of(evidence: Evidence, reached: Reached) -> Outcome | None:
    """The first thing that is wrong with the answers to a step."""
    step = reached.step
    for exchange, captures in reached.answers:
        wrong = faults(step.expect, exchange, captures)
        if not step.expect and broken(exchange):
            wrong = [Fault(None, exchange, captures)]
        if wrong:
            outcome = outcome_of(evidence, wrong[0], bound_title(step, captures))
            return outcome if outcome.hint else replace(outcome, hint=hint_of(step.hint, captures))
    return _constant(reached)


def bound_title(step: FlowStep, captures: dict[str, Any]) -> str:
    """The step in a few words, with what was captured."""
    return hint_of(step.title, captures) or step.title


def _constant(reached: Reached) -> Outcome | None:
    """Lost because what must change did not."""
    step = reached.step
    if step.distinct is None or not reached.complete:
        return None
    values = values_shown(step.distinct, step.expect, reached.answers)
    if len(set(values)) > 1:
        return None
    ids = [e.id for e, _ in reached.answers]
    shown = ", ".join(values[0]) if values else None
    actual = f"{step.distinct.what} was {shown} in each of {len(values)} answers" if shown else "there was none"
    message = f"Asked of {step.title}: {step.distinct.asked}; but {actual}."
    return replace(failed(step.distinct.asked, actual, message=message, evidence=ids), hint=hint_of(step.hint, {}))
