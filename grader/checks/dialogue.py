"""Conversations as data: steps that use what earlier answers brought, and where a conversation has come to."""

from __future__ import annotations

import dataclasses
import operator
import threading
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from typing import Any

from grader.checks.asking import Ask, Stuck, Submit, follow_link
from grader.checks.distinct import Distinct
from grader.checks.expectation import Expectation
from grader.checks.interpolation import Unknown, bind, is_made_up, is_name, made_up, names_in
from grader.checks.reading import Read
from grader.frozen import dataclass
from grader.model import Exchange, Request

MOST_REPEATS = 200


@dataclass(frozen=True)
class FlowStep(Ask):
    """One thing that a person does: a request written out, or `submit` a form or `follow` a link of the page before,
    `repeat` times, in a `browser` with cookies of its own. Then what to `capture`, and what to `expect`."""

    submit: Submit | None = None
    follow: str | None = None
    browser: str = ""
    repeat: int = 1
    capture: tuple[tuple[str, Read], ...] = ()
    expect: tuple[Expectation, ...] = ()
    distinct: Distinct | None = None
    hint: str = ""

    def validate(self) -> None:
        """Raises ValueError, in words for a rubric's author."""
        self._validate_action()
        if not 1 <= self.repeat <= MOST_REPEATS:
            raise ValueError(f"repeat goes from 1 to {MOST_REPEATS}")
        if self.distinct is not None and self.repeat == 1:
            raise ValueError("distinct compares repeated answers; write repeat: 2 or more beside it")
        for name, _ in self.capture:
            if is_made_up(name):
                raise ValueError(f"capture: {name} is made up by the grader; choose another name")
            if not is_name(name):
                raise ValueError(f"capture: {name!r} is no name of letters, digits and underscores")
        super().validate()

    def _validate_action(self) -> None:
        """One thing is done, and only what is written out says itself what it sends."""
        given = [name for name in ("path", "submit", "follow") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"a step has one of path, submit and follow; {' and '.join(given) or 'none'} is here")
        of_a_path = ("method", "query", "form", "files", "json", "body", "cookies")
        extras = [name for name in of_a_path if getattr(self, name) not in (None, ())]
        if self.path is None and extras:
            raise ValueError(f"{extras[0]} belongs to a path; {given[0]} takes what it sends from the page")

    @property
    def title(self) -> str:
        """The step in a few words."""
        if self.submit is not None:
            return self.submit.title
        return f"following the link “{self.follow}”" if self.follow is not None else super().title

    @property
    def action(self) -> FlowStep:
        """What is done, without what is expected of it."""
        return replace(self, expect=(), distinct=None, hint="")

    def made(self, captures: dict[str, Any], last: Exchange | None) -> Request:
        """The request. Raises Stuck."""
        try:
            step = bind(self.action, captures)
        except Unknown as error:
            raise Stuck(str(error)) from error
        if step.submit is not None:
            asked = step.submit.request(last)
        elif step.follow is not None:
            asked = follow_link(step.follow, last)
        else:
            return step.request(self.browser)
        asked = replace(asked, browser=self.browser, follow=self.redirects == "follow")
        return replace(asked, headers=(*asked.headers, *step.headers))


@dataclasses.dataclass(slots=True)
class Reached:
    """A step as far as it went: its answers, one for each repetition, each with all that was captured by then."""

    step: FlowStep
    answers: list[tuple[Exchange, dict[str, Any]]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every repetition was answered."""
        return len(self.answers) == self.step.repeat


@dataclasses.dataclass(slots=True)
class Course:
    """How far a conversation came: the steps that were begun, the request that follows, or why none can."""

    reached: list[Reached]
    next: Request | None = None
    stuck: str = ""


class _Walk:
    """A conversation, answer by answer."""

    def __init__(self, steps: Sequence[FlowStep], values: dict[str, Any]) -> None:
        self._steps, self._captures = steps, dict(values)
        self._last: dict[str, Exchange] = {}  # of each browser
        self.course = Course([])
        self._go_on()

    def take(self, exchange: Exchange) -> None:
        """The answer to the request that follows."""
        reached = self.course.reached[-1]
        self._last[reached.step.browser] = exchange
        self._captures = {**self._captures, **_captured(reached.step, self._captures, exchange)}
        reached.answers.append((exchange, self._captures))
        self._go_on()

    def _go_on(self) -> None:
        course = self.course
        course.next = None
        if not course.reached or course.reached[-1].complete:
            if len(course.reached) == len(self._steps):
                return
            course.reached.append(Reached(self._steps[len(course.reached)]))
        step = course.reached[-1].step
        try:
            course.next = step.made(self._captures, self._last.get(step.browser))
        except Stuck as stuck:
            course.stuck = str(stuck)


def walk(steps: Sequence[FlowStep], values: dict[str, Any], exchanges: Iterable[Exchange]) -> Course:
    """Goes through a conversation with the answers that came so far. Pure: what was sent follows from what came."""
    going = _Walk(steps, values)
    for exchange in exchanges:
        going.take(exchange)
    return going.course


def _captured(step: FlowStep, captures: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """What an answer brings under the names of its step; a name for which it brings nothing keeps what it stood for."""
    found: dict[str, Any] = {}
    for name, read in step.capture:
        try:
            items = bind(read, {**captures, **found}).values(exchange).items
        except Unknown:
            continue
        if items:
            found[name] = items[0]
    return found


@dataclass(frozen=True)
class Dialogue:
    """A script: the actions of a flow, and the values that were made up for it."""

    steps: tuple[FlowStep, ...]
    values: tuple[tuple[str, str], ...] = ()

    def next(self, exchanges: tuple[Exchange, ...]) -> Request | None:
        """The next request; None at the end, and where the conversation cannot go on."""
        if exchanges and exchanges[-1].status is None:
            return None
        return _RECENT.going(self, exchanges).course.next


class _Recent:
    """The conversations that are going on. To walk through each from its beginning for every request would read every
    page as often as there are requests after it."""

    _MOST = 8

    def __init__(self) -> None:
        self._kept: list[tuple[Dialogue, tuple[Exchange, ...], _Walk]] = []
        self._lock = threading.Lock()

    def going(self, script: Dialogue, exchanges: tuple[Exchange, ...]) -> _Walk:
        """The conversation with these answers: that with all but the last one and one more, else from its beginning."""
        known, going = self._taken(script, exchanges)
        for exchange in exchanges[known:]:
            going.take(exchange)
        with self._lock:
            self._kept = [*self._kept[1 - self._MOST :], (script, exchanges, going)]
        return going

    def _taken(self, script: Dialogue, exchanges: tuple[Exchange, ...]) -> tuple[int, _Walk]:
        """Taken out, for it goes on from here: with how many of the answers it came so far."""
        with self._lock:
            for place, (of, so_far, going) in enumerate(self._kept):
                if of is script and so_far and _is_same(so_far, exchanges[:-1]):
                    del self._kept[place]
                    return len(so_far), going
        return 0, _Walk(script.steps, dict(script.values))


def _is_same(one: tuple[Exchange, ...], other: tuple[Exchange, ...]) -> bool:
    return len(one) == len(other) and all(map(operator.is_, one, other))


_RECENT = _Recent()


def values_for(thing: object, seed: str) -> tuple[tuple[str, str], ...]:
    """The made-up values that something uses."""
    names = sorted({name for name in names_in(thing) if is_made_up(name)})
    return tuple((name, made_up(name, seed)) for name in names)
