"""Evidence as bytes: all of it comes back, and nothing else can."""

from __future__ import annotations

import json
import math
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import StoreError
from grader.launch.launcher import Launcher
from grader.model import (
    CheckStatus,
    Evidence,
    Exchange,
    Failure,
    FailureKind,
    Flag,
    FlagKind,
    Json,
    Kept,
    Observation,
    Outcome,
    Request,
    Seen,
    Start,
    StartState,
    Step,
)
from grader.pipeline import How, grade_kept, rescore
from grader.render import render
from grader.rubric import load_rubric
from grader.store.codec import decode, encode
from grader.store.kinds import fits, kinds

ROOT = Path(__file__).resolve().parents[2]

texts = st.text(st.characters(), max_size=30)  # surrogates without their pair, too
requests = st.builds(
    Request,
    path=texts,
    method=texts,
    headers=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    body=st.binary(),
)
exchanges = st.builds(
    Exchange,
    id=texts,
    start=texts,
    request=requests,
    status=st.none() | st.integers(),
    body=st.binary(max_size=300),
    failure=st.none() | st.builds(Failure, st.sampled_from(FailureKind), texts),
    seconds=st.floats(allow_nan=False),
    log_span=st.tuples(st.integers(), st.integers()),
)
starts = st.builds(
    Start,
    id=texts,
    condition=st.just(Observation().condition),
    occurrence=st.integers(),
    state=st.sampled_from(StartState),
)
evidences = st.builds(
    Evidence,
    nonce=texts,
    seen=st.lists(
        st.builds(
            Seen,
            st.builds(Observation, steps=st.lists(st.builds(Step, requests), max_size=2).map(tuple)),
            starts,
            st.lists(exchanges, max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    flags=st.lists(st.builds(Flag, st.sampled_from(FlagKind), texts), max_size=2).map(tuple),
)


def comes_back(evidence: Evidence) -> None:
    data = encode(evidence)
    assert decode(data, Evidence) == evidence
    assert encode(decode(data, Evidence)) == data


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(evidences)
def test_all_that_was_seen_comes_back(evidence: Evidence) -> None:
    comes_back(evidence)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(evidences)
def test_all_that_was_seen_comes_back_many_times(evidence: Evidence) -> None:
    comes_back(evidence)


@pytest.mark.slow
@given(st.fractions(), texts)
def test_exact_numbers_stay_exact(earned: Fraction, message: str) -> None:
    outcome = Outcome(CheckStatus.PARTIAL, message, earned)
    assert decode(encode(outcome), Outcome) == outcome


@pytest.mark.parametrize("seconds", [math.inf, -math.inf, 0.1 + 0.2, 5e-324, 1e308])
def test_every_number_of_seconds_comes_back(seconds: float) -> None:
    exchange = Exchange("e", "s", Request(), seconds=seconds)
    assert decode(encode(exchange), Exchange).seconds == seconds


def test_an_integer_of_any_length_comes_back() -> None:
    exchange = Exchange("e", "s", Request(), status=10**5000)
    assert decode(encode(exchange), Exchange) == exchange


def test_two_halves_of_a_pair_stay_two() -> None:
    assert decode(encode(Json("\ud83d\ude00")), Json).text == "\ud83d\ude00"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rubric", "app"),
    [
        ("flask-lab", "student_app"),
        ("flask-lab", "tests/apps/crash-in-view/app"),
        ("guestbook", "tests/rubrics/guestbook"),
    ],
)
def test_what_came_back_from_a_real_grading_is_judged_to_the_identical_report(
    launcher: Launcher, rubric: str, app: str
) -> None:
    loaded = load_rubric(rubric)
    kept = grade_kept(ROOT / app, loaded, launcher, How(boxes=1))
    again = decode(encode(kept), Kept)
    assert again == kept
    judged = rescore(again, loaded)
    assert judged == kept
    assert render(judged.report, "json") == render(kept.report, "json")
    assert render(judged.report, "html") == render(kept.report, "html")


# ------------------------------------------------------------------------------------------------ what is not accepted


def changed(**changes: Any) -> bytes:
    """A document with something in it that we would not write."""
    document = json.loads(zlib.decompress(encode(Failure(FailureKind.TIMEOUT, "late"))))
    return zlib.compress(json.dumps({**document, **changes}).encode())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cut off"),
        (b"\x80\x04K\x01.", "Error"),
        (encode(Json("1"))[:-5], "cut off"),
        (zlib.compress(b"[" * 100_000), "RecursionError"),
        (zlib.compress(b"null"), "TypeError"),
        (changed(version=2), "version 2"),
        (changed(classes=[["os.system"]]), "knows no os.system"),
        (changed(classes=[["model.evidence.Failure", "kind", "gone"]], objects=[]), "has no gone any more"),
        (changed(classes=[["model.evidence.Failure", "kind"]], objects=[[0, "x"]]), "lacks message"),
        (changed(root={"o": 7}), "IndexError"),
        (changed(root={"o": -1}), "IndexError"),
        (changed(root={"x": 1}), "KeyError"),
        (changed(root={"o": 0, "b": ""}), "ValueError"),
        (changed(root=3), "holds no Failure"),
        (changed(classes=[["model.evidence.Address", "host", "port"]], objects=[[0, "h", "80"]]), "Address.port"),
        (changed(classes=[["model.values.Json", "text"]], objects=[[0, {"o": 0}]]), "IndexError"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(data: bytes, why: str) -> None:
    with pytest.raises(StoreError, match=why) as told:
        decode(data, Failure)
    assert "Grade these submissions again." in str(told.value)


def test_a_document_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.store.codec.MOST_BYTES", 1000)
    with pytest.raises(StoreError, match="too large"):
        decode(zlib.compress(b" " * 10_000), Failure)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    for some in (data, zlib.compress(data)):
        with pytest.raises(StoreError):
            decode(some, Evidence)


def test_what_a_class_has_gained_since_has_its_default() -> None:
    old = changed(classes=[["model.evidence.Address", "host", "port"], ["model.observation.Request", "path"]],
                  objects=[[1, "/old"]])  # fmt: skip
    assert decode(old, Request) == Request("/old")


def test_only_values_of_the_grader_are_written() -> None:
    with pytest.raises(TypeError, match="no value that is stored"):
        encode(Path())
    with pytest.raises(TypeError, match="no value that is stored"):
        encode(Json(object()))  # type: ignore[arg-type]


def test_annotations_are_understood() -> None:
    assert fits(frozenset({1}), frozenset[int])
    assert not fits(frozenset({"1"}), frozenset[int])
    assert fits({"a": 1}, dict[str, int])
    assert not fits({"a": "1"}, dict[str, int])
    assert not fits((1, 2), tuple[int, str])
    assert not fits([1], tuple[int, ...])
    assert not fits(True, int)
    assert not fits(True, float)
    assert len(kinds()) > 100
