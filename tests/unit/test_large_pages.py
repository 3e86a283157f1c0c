"""What a page costs that is larger than any lab's: the limit is named, and the grader's own work ends, too."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from grader import pipeline
from grader.errors import UngradedError
from grader.model import Condition, Evidence, Exchange, Observation, Request, Seen, Start, StartState, passed
from grader.observe.again import otherwise
from grader.observe.limits import limits_hit
from grader.pipeline import judge
from tests.unit.test_weights import rubric, said

LARGE = b"<p>x</p>" * 10_001


def answer(id: str, body: bytes, path: str = "/", status: int = 200) -> Exchange:
    return Exchange(id, id.partition(".")[0], Request(path), status, body=body)


def hits(*answers: Exchange) -> list[str]:
    seen = [
        Seen(Observation(occurrence=count), Start(e.start, Condition(), count, StartState.LISTENING), (e,))
        for count, e in enumerate(answers)
    ]
    return [f"{hit.limit} {hit.exchange}: {hit.clause}" for hit in limits_hit(Evidence("n", seen=tuple(seen)))]


def test_a_page_that_is_too_large_is_named_once() -> None:
    assert hits(answer("s1.1", LARGE), answer("s2.1", LARGE), answer("s3.1", LARGE, "/more")) == [
        "page s1.1: the page of request s1.1 (GET /) has over 20,000 tags, 500 levels or 40,000 attributes; "
        "the rest was not read",
        "page s3.1: the page of request s3.1 (GET /more) has over 20,000 tags, 500 levels or 40,000 attributes; "
        "the rest was not read",
    ]


def test_what_is_no_page_or_was_cut_before_is_not_named_so() -> None:
    text = replace(answer("s1.1", LARGE), headers=(("Content-Type", "text/plain"),))
    assert hits(text, answer("s2.1", b"<p>x", "/small"), answer("s3.1", LARGE, "/broken", 500)) == []
    assert [hit.partition(" ")[0] for hit in hits(replace(answer("s1.1", LARGE), truncated=True))] == ["body_bytes"]


def test_answers_that_differ_in_their_numbers_alone_look_the_same() -> None:
    before = [answer("s1.1", b"<h1>1</h1>"), answer("s1.2", b"<p>10 1</p>"), answer("s1.3", b"<p></p>", "/empty")]
    assert otherwise([answer("s1.4", b"<h1>98765</h1>"), answer("s1.5", b"<p>2 3456</p>")], before) == ()
    odd = [answer("s1.4", b"<h1></h1>"), answer("s1.5", b"<p>22</p>"), answer("s1.6", b"<p>0</p>", "/empty")]
    assert otherwise(odd, before) == tuple(odd)


@pytest.mark.slow
def test_comparing_pages_of_numbers_takes_no_time() -> None:
    begun = time.thread_time()
    before = [answer(f"s1.{count}", b"1 " * 500_000 + b"%d" % count * 2) for count in range(25)]
    assert otherwise([answer("s1.99", b"9" * 1_000_000)], before)
    assert time.thread_time() - begun < 5  # with a regular expression, it takes several times as long


def test_judging_that_takes_long_ends_without_a_score(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends it is the time of the processor: a machine that is busy with others is nobody's fault."""
    made = rubric(said("a", passed("So.")), said("b", passed("So.")))
    assert set(judge(made, Evidence("n"), until=time.monotonic() - 100)) == {"a", "b"}
    monkeypatch.setattr(pipeline, "_MOST_JUDGING", -1.0)
    assert set(judge(made, Evidence("n"))) == {"a", "b"}
    with pytest.raises(UngradedError, match=r"total_seconds\) was used up before the check a was judged"):
        judge(made, Evidence("n"), until=time.monotonic() - 1)
