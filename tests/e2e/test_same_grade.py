"""The same work gets the same grade, always: twenty times, and in every field that is not volatile."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.render.json import document
from grader.render.volatile import without_volatile
from tests.conftest import Grade, verdicts

APPS = Path(__file__).resolve().parents[1] / "apps"
RANDOM_KINDS = ["sample", "unequal-to-last", "normalvariate", "clock", "uuid", "session"]
WRONG = ["port-range-low", "port-one-choice", "number-seeded", "heading-misspelt", "number-at-import", "no-run"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reference", *RANDOM_KINDS, *WRONG])
def test_twenty_gradings_of_the_same_work_agree(name: str, grade: Grade) -> None:
    seen = {str(verdicts(grade(APPS / name / "app"))) for _ in range(20)}
    assert len(seen) == 1


@pytest.mark.parametrize(
    "name",
    [
        "reference",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("port-range-high", "heading-misspelt", "no-run")),
    ],
)
def test_two_reports_are_equal_without_their_volatile_fields(name: str, grade: Grade) -> None:
    first, second = (without_volatile(document(grade(APPS / name / "app"))) for _ in range(2))
    assert first == second
