"""What is right in part: whoever has less wrong never gets less."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest

from grader.checks.dialogue import walk
from grader.checks.flow import Flow
from grader.checks.parts import in_part, lost_before, parts_of, parts_of_steps
from grader.checks.reach import KNOCKED
from grader.model import (
    Check,
    CheckStatus,
    Condition,
    Evidence,
    Exchange,
    Observation,
    Outcome,
    Request,
    Seen,
    Start,
    StartState,
)
from grader.rubric import parse_rubric

START = Start("s1", Condition(), 0, StartState.LISTENING, answered=True)


def check(text: str) -> Check:
    keys = f"id: r\ntitle: R\nchecks:\n- {{id: a, title: A, points: 1, {text}}}"
    return parse_rubric(keys.encode(), "r.yaml").checks[0].check


def answer(body: str, status: int = 200, path: str = "/", number: int = 0) -> Exchange:
    return Exchange(f"s1.{number}", "s1", Request(path), status, "", (("Content-Type", "text/html"),), body.encode())


def flow(steps: str, partial: str = "expectations") -> Flow:
    made = check(f"type: flow, partial: {partial}, steps: [{steps}]")
    assert isinstance(made, Flow)
    return made


def earned(made: Flow, answers: list[tuple[str, int]]) -> Fraction:
    """What a conversation with these answers earns; it ends with the last one, as where a program hangs."""
    observations = [KNOCKED, list(made.plan(Evidence("n", seen=(Seen(KNOCKED, START),))))[1]]
    came = tuple(answer(body, status, number=i) for i, (body, status) in enumerate(answers))
    evidence = Evidence("n", "main.py", seen=(Seen(observations[0], START), Seen(observations[1], START, came)))
    return made.judge(evidence).earned


GOOD, WRONG, GONE = ("<p>a</p><b>c</b><a href=/x>On</a>", 200), ("<p>z</p>", 200), ("<p>a</p>", 404)
STEPS = [
    "{path: /}, {path: /, expect: [{css: p, equals: a}, {css: b, equals: c}]}, {follow: 'On'}",
    "{path: /, repeat: 2, distinct: {css: p}, expect: {css: b}}, {path: /, expect: {css: p, equals: a}}, {path: /}",
    "{path: /, expect: [{css: p, equals: a}]}, {follow: 'On', expect: {css: b}}, {follow: 'On'}",
]


@pytest.mark.slow
@pytest.mark.parametrize("partial", ["expectations", pytest.param("repeats", marks=pytest.mark.slow)])
@pytest.mark.parametrize("steps", STEPS)
def test_one_more_right_answer_never_earns_less(steps: str, partial: str) -> None:
    if partial == "repeats" and "repeat" not in steps:
        steps = steps.replace("{path: /,", "{path: /, repeat: 2,", 1)
    made = flow(steps, partial)
    count = sum(step.repeat for step in made.steps)
    for answers in product([GOOD, WRONG, GONE], repeat=count):
        worth = earned(made, list(answers))
        for i in (i for i, one in enumerate(answers) if one is not GOOD and "distinct" not in steps):
            assert earned(made, [*answers[:i], GOOD, *answers[i + 1 :]]) >= worth, (answers, i)
        for length in range(1, count):
            assert earned(made, list(answers[:length])) <= worth


@pytest.mark.parametrize(
    ("steps", "answers", "share"),
    [
        (STEPS[0], [GOOD, GOOD, GOOD], "1"),
        (STEPS[0], [GONE, GOOD, GOOD], "2/3"),  # an address without expectations is a part only where it is lost
        (STEPS[0], [GONE, WRONG, GOOD], "0"),
        (STEPS[0], [GOOD, (GOOD[0].replace("On", "Off"), 200)], "2/3"),  # the link is not there
        (STEPS[0], [GOOD, (GOOD[0].replace("c<", "d<"), 200), GOOD], "1/2"),
        (STEPS[1], [GOOD, GOOD, GOOD, GOOD], "2/3"),  # what must change does not
        (STEPS[1], [GOOD, (GOOD[0].replace("a<", "A1<"), 200), GOOD, GOOD], "1"),
        (STEPS[1], [GOOD], "0"),  # it hung: nothing was taken to its end
        (STEPS[2], [WRONG], "0"),
        (STEPS[2], [("<p>a</p>", 200)], "1/3"),  # and no step was reached behind the missing link
    ],
)
def test_the_share_of_a_conversation(steps: str, answers: list[tuple[str, int]], share: str) -> None:
    assert earned(flow(steps), answers) == Fraction(share)


def test_errors_are_no_right_repeats() -> None:
    made = flow("{path: /, repeat: 3}, {path: /}", "repeats")
    assert earned(made, [GOOD, GONE, GOOD, GOOD]) == Fraction(2, 3)
    assert earned(made, [GOOD, GOOD, GOOD, GONE]) == Fraction(3, 4)
    assert earned(made, [GOOD]) == Fraction(1, 4)


def test_what_went_wrong_before_is_one_part() -> None:
    made = flow("{path: /, expect: [{css: p, equals: a}, {css: b, equals: c}]}")
    going_on = replace(made, before=(replace(made.steps[0], expect=()),))
    assert earned(going_on, [GOOD, GOOD]) == 1
    assert earned(going_on, [GONE, GOOD]) == Fraction(2, 3)
    assert earned(going_on, [GONE, (GOOD[0].replace("c<", "d<"), 200)]) == Fraction(1, 3)
    reached = walk(going_on.continued, {}, [answer(*GONE)]).reached
    assert lost_before(going_on.before, reached[:1]).asked == 1
    assert parts_of_steps("expectations", going_on.steps, []).right == 0


def test_answers_that_came_until_two_differed_are_no_parts_but_cost_one_where_they_are_wrong() -> None:
    expect = flow("{path: /, expect: [{css: p}, {css: b}]}").steps[0].expect
    answers = [(answer(*one), dict[str, object]()) for one in (GOOD, GOOD, WRONG)]
    assert parts_of("repeats", expect, None, answers[:2], 2, complete=True).right == 2
    parts = parts_of("repeats", expect, None, answers, 2, complete=True)
    assert (parts.right, parts.asked) == (2, 3)
    partial = in_part(Outcome(CheckStatus.FAILED, "Not so."), [parts])
    assert (partial.status, partial.earned) == (CheckStatus.PARTIAL, Fraction(2, 3))
    assert partial.message == "Not so. 2 of 3 parts are right."


def test_a_request_has_a_part_for_what_must_change() -> None:
    made = check("type: request, path: /, partial: expectations, expect: [{css: p}, {css: b}], distinct: {css: p}")
    observations = [w for w in made.plan(Evidence("n")) if w.steps]
    for bodies, share in (("ab", "1"), ("aa", "2/3")):
        came = tuple(
            answer(GOOD[0].replace(">a<", f">{b}<"), path=w.steps[0].request.path, number=i)
            for w in observations[-1:]
            for i, b in enumerate(bodies)
        )
        seen = (Seen(observations[0], START), Seen(observations[-1], START, came))
        assert made.judge(Evidence("n", "main.py", seen=seen)).earned == Fraction(share)


def test_a_flow_knocks_so_that_its_program_is_known_to_run() -> None:
    assert list(flow("{path: /, expect: [{css: p}, {css: b}]}").plan(Evidence("n"))) == [KNOCKED]
    assert Observation(Condition(), 0, KNOCKED.steps) == KNOCKED
