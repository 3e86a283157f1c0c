"""Every small submission of tests/apps gets its verdict, warm and with a new interpreter for each start."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.model import CheckResult, Report, Rubric
from tests.conftest import Grade, lost, verdicts

APPS = Path(__file__).resolve().parents[1] / "apps"
NAMES = sorted(path.parent.name for path in APPS.glob("*/verdict.yaml"))

# Enough of every kind for the tests of the day; the rest runs in CI.
DAILY = {
    "debug-reloader", "factory", "app-py", "inherited-template", "waitress", "http-server", "session", "syntax-error",
    "no-guard", "template-case", "port-range-low", "host-localhost", "number-at-import", "template-by-replace",
}  # fmt: skip


@functools.cache
def verdict_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((APPS / name / "verdict.yaml").read_text("utf-8"))
    return found


def assert_verdict(report: Report, verdict: dict[str, Any]) -> None:
    results = {result.id: result for result in report.checks}
    assert lost(report) == sorted(verdict["lost"] or []), [results[id].outcome for id in lost(report)]
    for id, words in (verdict.get("says") or {}).items():
        text = said(results[id])
        assert all(str(word).lower() in text for word in words), (id, words, text)
    for id, line in (verdict.get("line") or {}).items():
        assert str(results[id].outcome.location) == line


def said(result: CheckResult) -> str:
    outcome = result.outcome
    return " ".join([outcome.message, outcome.hint, outcome.actual, outcome.expected]).lower()


@pytest.mark.parametrize("name", sorted(DAILY))
def test_an_app_gets_its_verdict(name: str, grade: Grade) -> None:
    assert_verdict(grade(APPS / name / "app"), verdict_of(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_app_gets_its_verdict_and_the_same_grade_with_new_interpreters(name: str, grade: Grade) -> None:
    warm, fresh = grade(APPS / name / "app"), grade(APPS / name / "app", fresh=True)
    assert_verdict(warm, verdict_of(name))
    assert_verdict(fresh, verdict_of(name))
    assert [v[:3] for v in verdicts(warm)] == [v[:3] for v in verdicts(fresh)]


def test_every_id_is_lost_by_some_app_and_earned_by_others(lab: Rubric) -> None:
    assert len(NAMES) >= 60
    for check in lab.checks:
        losers = sum(check.id in (verdict_of(name)["lost"] or []) for name in NAMES)
        assert 0 < losers < len(NAMES)


def test_the_daily_apps_exist() -> None:
    assert set(NAMES) >= DAILY


@pytest.mark.parametrize(
    ("name", "points"),
    [
        pytest.param("reference", 100, marks=pytest.mark.slow),
        ("stops-at-template", 75),
        ("stops-at-text", 50),
        pytest.param("empty-file", 0, marks=pytest.mark.slow),
    ],
)
def test_a_student_may_stop_at_any_step(name: str, points: int, grade: Grade) -> None:
    assert grade(APPS / name / "app").score == points
