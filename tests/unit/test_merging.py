"""Wishes of several checks about one start: what is asked, and which answers are whose."""

from __future__ import annotations

from grader.checks.distinct import Differs, Distinct
from grader.model import Condition, Exchange, Observation, Request, Step
from grader.observe.merging import merged, those_of

HOME, OTHER = Request("/"), Request("/other")
CHANGES = Differs(Distinct(of="body"))


def wish(*steps: Step) -> Observation:
    return Observation(Condition(), 0, steps)


def sent(*bodies: str, request: Request = HOME) -> tuple[Exchange, ...]:
    return tuple(
        Exchange(f"s1.{request.path}.{i}", "s1", request, 200, body=body.encode()) for i, body in enumerate(bodies)
    )


def test_every_request_is_sent_once_as_often_as_the_most_demanding_wish_says() -> None:
    wishes = [wish(Step(HOME), Step(OTHER)), wish(Step(HOME, 3, 3)), wish(Step(HOME, 1, 21, CHANGES))]
    assert merged(wishes) == (Step(HOME, 3, 21, CHANGES), Step(OTHER))


def test_each_wish_gets_the_answers_that_it_would_have_got_alone() -> None:
    exchanges = (*sent("a", "a", "a", "b", "b"), *sent("x", request=OTHER))
    assert [e.body for e in those_of(wish(Step(HOME)), exchanges)] == [b"a"]
    assert [e.body for e in those_of(wish(Step(HOME, 2, 2)), exchanges)] == [b"a", b"a"]
    assert [e.body for e in those_of(wish(Step(HOME, 1, 21, CHANGES)), exchanges)] == [b"a", b"a", b"a", b"b"]
    assert [e.body for e in those_of(wish(Step(OTHER), Step(HOME)), exchanges)] == [b"a", b"x"]
    assert those_of(wish(), exchanges) == ()


def test_where_a_program_stopped_answering_there_is_what_came() -> None:
    assert len(those_of(wish(Step(HOME, 5, 5)), sent("a", "b"))) == 2
    assert len(those_of(wish(Step(HOME, 1, 21, CHANGES)), sent("a", "a"))) == 2
