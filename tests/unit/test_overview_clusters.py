"""Failures that are one, and those that are not."""

from __future__ import annotations

import time

import pytest

from grader.model import CheckStatus
from grader.overview import Row, RowStatus, statistics
from grader.overview.clusters import Cluster, normalised
from tests.unit.overview_samples import cell, graded, without_score


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("It listens on port 5000.", "It listens on port 8080.", "It listens on port N."),
        ("GET / answered 500", "GET /about/us answered 404", "GET /… answered N"),
        ("`main.py` is missing", "`app.py` is missing", "`…` is missing"),
        ("an <h1> reads \"Hi\"", "an <h1> reads \"Yo 'you'\"", 'an <h1> reads "…"'),
        ("`KeyError: 'a'` in main.py:3", "`KeyError: 'b'` in my-app.py:41", "`KeyError: …` in ….py:N"),
        ("No such file: /home/ann/x.txt", "No such file: C:\\Users\\bob\\x.txt", "No such file: /…"),
        ("See http://127.0.0.1:4000/a", "See http://localhost/b?c=d", "See URL"),
        ("object at 0x7f3a", "object at 0xffe0", "object at N"),
        ("the port “80” is  taken", "the port “81”\nis taken", "the port “…” is taken"),
        ("took 1.5 s", "took 12,000 s", "took N s"),
        ("the student's page isn't there", "the student's page  isn't there", "the student's page isn't there"),
    ],
)  # fmt: skip
def test_messages_of_one_kind(one: str, other: str, common: str) -> None:
    assert (normalised(one), normalised(other)) == (common, common)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("`KeyError: 'a'` at /", "`ValueError: 'a'` at /"),
        ("There is no <h1>.", "There is no <h2>."),
        ("The port is fixed.", "The port is random."),
    ],
)
def test_messages_of_two_kinds(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize(
    "text", ["/" * 10**6, "`" * 10**6, "a'" * 10**6, "1." * 10**6, "ab/" * 10**6, "http://" * 10**5]
)
def test_long_messages_cost_little(text: str) -> None:
    begun = time.process_time()
    assert len(normalised(text)) <= 450
    assert time.process_time() - begun < 0.5


def clusters(*rows: Row) -> tuple[Cluster, ...]:
    return statistics(rows).clusters


def test_a_submission_counts_once_for_each_kind_with_every_check_that_failed_so() -> None:
    crash = [cell(id, 0, message=f"answered 500 in line {at}") for at, id in enumerate("ba")]
    (found,) = clusters(graded("1", crash, name="Zoe"), graded("2", crash[:1], name="Ann", report="reports/Ann.html"))
    assert (found.message, found.count, found.checks) == ("answered N in line N", 2, ("a", "b"))
    assert found.example == "answered 500 in line 0"
    assert [(who.name, who.report) for who in found.examples] == [("Ann", "reports/Ann.html"), ("Zoe", None)]


def test_what_passed_or_waited_is_no_failure_and_a_missing_score_is() -> None:
    fine = [cell("a", 10, message="fine"), cell("b", 0, status=CheckStatus.BLOCKED, message="waits")]
    reasons = {RowStatus.NOT_GRADABLE: "no file in 1.zip", RowStatus.MISSING: "nothing handed in"}
    found = clusters(graded("1", fine), *(without_score(s.value, s, reason) for s, reason in reasons.items()))
    assert [(c.message, c.checks) for c in found] == [("no file in N.zip", ())]


def test_the_most_frequent_come_first_and_examples_are_few() -> None:
    rows = [graded(f"{i:02}", [cell("a", 0, message="rare" if i % 3 == 0 else "often")]) for i in range(12)]
    found = clusters(*rows)
    assert [(c.message, c.count) for c in found] == [("often", 8), ("rare", 4)]
    assert [who.key for who in found[0].examples] == ["01", "02", "04"]


def test_of_very_many_kinds_the_rest_is_counted_only() -> None:
    words = ["".join(chr(97 + int(digit)) for digit in str(i)) for i in range(2500)]
    found = statistics(graded(word, [cell("a", 0, message=word)]) for word in words)
    assert (len(found.clusters), found.other_failures) == (2000, 500)
