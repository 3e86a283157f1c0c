"""A conversation, request by request: what follows is told by what came, and every answer is read once."""

from __future__ import annotations

import pytest

from grader.checks.dialogue import Dialogue, walk
from grader.checks.flow import Flow
from grader.checks.reading import Read
from grader.model import Exchange, Failure, FailureKind, Request
from grader.rubric import parse_rubric

STEPS = (
    "{path: /, repeat: 20, capture: {n: {css: p}}}, {path: '/item/${n}', capture: {word: {css: b}}}, "
    "{submit: {fill: {word: '${word}'}}}, {path: /, browser: other}, {follow: 'On', browser: other}"
)


def dialogue(steps: str = STEPS) -> Dialogue:
    keys = f"id: r\ntitle: R\nchecks:\n- {{id: a, title: A, points: 1, type: flow, steps: [{steps}]}}"
    check = parse_rubric(keys.encode(), "r.yaml").checks[0].check
    assert isinstance(check, Flow)
    return Dialogue(check.steps)


def answer(number: int, request: Request, status: int | None = 200) -> Exchange:
    body = f"<p>{number}</p><b>w{number}</b><form><input name=word><button>Go</button></form><a href=/on>On</a>"
    return Exchange(f"s1.{number}", "s1", request, status, "OK", (("Content-Type", "text/html"),), body.encode())


def conversation(script: Dialogue) -> list[Exchange]:
    exchanges: list[Exchange] = []
    while (request := script.next(tuple(exchanges))) is not None:
        exchanges.append(answer(len(exchanges), request))
    return exchanges


def test_what_follows_is_told_by_what_came() -> None:
    paths = [e.request.path for e in conversation(dialogue())]
    assert paths == ["/"] * 20 + ["/item/19", "/item/19?word=w20", "/", "/on"]


def test_the_same_answers_give_the_same_request_however_they_are_asked_for() -> None:
    script = dialogue()
    exchanges = conversation(script)
    for count in (5, 24, 0, 23, 23, 7):
        so_far = tuple(exchanges[:count])
        expected = exchanges[count].request if count < len(exchanges) else None
        assert script.next(so_far) == dialogue().next(so_far) == expected
        assert walk(script.steps, {}, so_far).next == expected


def test_conversations_beside_each_other_do_not_meet() -> None:
    one, other = dialogue(), dialogue("{path: /a, capture: {n: {css: p}}}, {path: '/${n}'}, {path: '/${n}'}")
    mine: list[Exchange] = []
    theirs: list[Exchange] = []
    for _ in range(3):
        for script, exchanges in ((one, mine), (other, theirs)):
            request = script.next(tuple(exchanges))
            assert request is not None
            exchanges.append(answer(len(exchanges) + (100 if script is other else 0), request))
    assert [e.request.path for e in mine] == ["/", "/", "/"]
    assert [e.request.path for e in theirs] == ["/a", "/100", "/100"]


def test_every_answer_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    values = Read.values

    def counting(self: Read, exchange: Exchange) -> object:
        read.append(exchange.id)
        return values(self, exchange)

    monkeypatch.setattr(Read, "values", counting)
    conversation(dialogue())
    assert len(read) == len(set(read)) == 21


def test_a_conversation_ends_where_no_answer_comes() -> None:
    script = dialogue()
    silent = Exchange("s1.1", "s1", Request("/"), failure=Failure(FailureKind.TIMEOUT, "too slow"))
    assert script.next((silent,)) is None
