"""Hostile submissions: each gets the verdict that it deserves, touches nothing, leaves nothing, and delays nobody.

corpus/README.md says how a submission and its verdict look.
"""

from __future__ import annotations

import functools
import re
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.launch.child import begin, limits
from tests.conftest import ROOT
from tests.hostile.ground import ACCOUNTS, LIMITS, SETTINGS, Graded, Grader, Graders, Setting, fingerprint

CORPUS = Path(__file__).resolve().parent / "corpus"
NAMES = sorted(path.parent.name for path in CORPUS.glob("*/verdict.yaml"))
DAILY = Setting(SETTINGS[0].account, "namespaces")
KEYS = {
    "about", "threat", "kit", "status", "lost", "hit", "flags", "tries", "may", "at", "only", "limits", "unseen",
    "daily", "fresh", "says", "kind", "may_lose",
}  # fmt: skip
KINDS = ("program", "answer", "files")
_MARGIN_SECONDS = 2.0
_BOXES = 2
_OWN_MEMORY = 300 << 20  # the grader itself, and interpreters that wait
_LINE = re.compile(r"^(OUT|TRIED) ([a-z0-9 _-]+): (.*)$", re.MULTILINE)


@functools.cache
def verdict_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CORPUS / name / "verdict.yaml").read_text("utf-8"))
    assert set(found) <= KEYS, (name, set(found) - KEYS)
    return found


def verdict_at(name: str, setting: Setting) -> dict[str, Any]:
    """A verdict with what is different at this level, or for this account."""
    verdict = dict(verdict_of(name))
    for place, other in (verdict.get("at") or {}).items():
        if place in setting.names:
            verdict |= other
    return verdict


# What answers or files attack, the probe and the copying, is the same at every level and for every account.
ONCE_A_LEVEL = {("namespaces", "root"), ("landlock", "user"), ("process", "root")}


def wanted(verdict: dict[str, Any], setting: Setting) -> bool:
    """Whether a submission is graded at a setting: where its verdict says nothing else, at all of them."""
    if not set(verdict.get("only") or setting.names) & set(setting.names):
        return False
    return (
        verdict.get("kind", "program") == "program"
        or len(ACCOUNTS) == 1
        or (setting.level, setting.account) in ONCE_A_LEVEL
    )


def cases() -> list[Any]:
    """Every submission at every setting in which it is graded."""
    found = []
    for setting in SETTINGS:
        for name in NAMES:
            verdict = verdict_of(name)
            if wanted(verdict, setting):
                daily = setting == DAILY and verdict.get("daily", False)
                marks = [] if daily else [pytest.mark.slow]
                found.append(pytest.param(setting, name, id=f"{setting}-{name}", marks=marks))
    return found


@pytest.mark.parametrize(("setting", "name"), cases())
def test_a_hostile_submission_gains_nothing_and_hurts_nobody(setting: Setting, name: str, graders: Graders) -> None:
    verdict = verdict_at(name, setting)
    try:
        grader = graders.at(setting)
        graded = grade(grader, name, verdict)
        assert_next_is_graded(grader)
    except BaseException:  # whatever it was, the next one meets a grader that was not hurt
        graders.drop(setting)
        raise
    assert_attempts(graded, verdict, setting)
    assert_verdict(graded, verdict)


def grade(grader: Grader, name: str, verdict: dict[str, Any]) -> Graded:
    """Grade a submission, and hold everything around it against what it was before."""
    ground, aims = grader.ground, grader.aims()
    folder = ground.lay(CORPUS / name, aims, kit=verdict.get("kit", True))
    try:
        before, installed = ground.snapshot(), grader.installed or fingerprint(_installed(grader.python))
        ground.sockets.heard()
        graded = grader.grade(folder, verdict.get("limits") or {}, fresh=verdict.get("fresh", False))
        assert grader.alive
        assert grader.survivors() == []
        assert grader.leftovers(aims["mark"]) == []
        assert ground.sockets.heard() == []
        assert _changed(before, ground.snapshot()) == []
        grader.installed = fingerprint(_installed(grader.python))
        assert _changed(installed, grader.installed) == []
        assert_canaries(graded, ground.words)
        assert_clean(graded, verdict)
        most = {**LIMITS, **(verdict.get("limits") or {})}
        assert graded.seconds < most["total_seconds"] + _MARGIN_SECONDS
        assert graded.watched.memory < _OWN_MEMORY + 2 * _BOXES * most["memory_bytes"]
        assert graded.watched.disk < (64 << 20) + 2 * _BOXES * most["disk_bytes"]
        assert graded.watched.processes <= 10 + _BOXES * (most["processes"] + 8) + _loose(grader.setting)
    finally:
        ground.take_away(folder)
    return graded


def _loose(setting: Setting) -> int:
    """Where programs run under the grader's own account, the kernel counts all of that account's processes; the limit
    that is exact is then the watchdog's, which looks every 50 ms."""
    return _BOXES * (limits._SOON + LIMITS["processes"]) if setting.shares_account else 0


@functools.cache
def _installed(python: str) -> list[str]:
    """The standard library, Flask and the grader."""
    flask = Path(__import__("flask").__file__).parent
    return sorted({begin.stdlib(), str(flask), sysconfig.get_path("stdlib"), str(ROOT / "rubrics")})


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


# --------------------------------------------------------------------------------------------------------- assertions


def assert_canaries(graded: Graded, words: dict[str, str]) -> None:
    """No word that the submission had no right to read is in anything that came back."""
    report = dict(graded.report)
    report["checks"] = [{**check, "hint": ""} for check in report["checks"]]  # the rubric's own canary is a hint
    said = repr(report)
    assert [kind for kind, word in words.items() if word in said] == []
    shown = "".join(graded.texts.values())
    assert [kind for kind, word in words.items() if kind != "rubric" and word in shown] == []


def assert_clean(graded: Graded, verdict: dict[str, Any]) -> None:
    """Nothing in a report can steer a terminal, turn the direction of writing, or speak to a CI runner."""
    for format, rendered in graded.texts.items():
        text = rendered.replace("\r\n", "\n")  # as CSV ends its lines
        assert sorted({hex(ord(character)) for character in _STEERS.findall(text)}) == [], format
        assert _COMMAND.findall(text) == [], format
    for format, words in (verdict.get("unseen") or {}).items():
        assert [word for word in words if word in graded.texts[format]] == []


# C0 and C1, what turns the direction of writing, and what ends a line without looking so.
_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_COMMAND = re.compile(r"(?m)^\s*::[a-z-]+[^\n]*::|##\[[a-z]+\]|##vso\[")  # what a CI runner obeys in a log


def assert_attempts(graded: Graded, verdict: dict[str, Any], setting: Setting) -> None:
    """What the submission says of its own attempts: each was made, and none got out that must not."""
    told = _LINE.findall(graded.logs())
    allowed = set().union(*(names for place, names in (verdict.get("may") or {}).items() if place in setting.names))
    out = {f"{name}: {detail}" for word, name, detail in told if word == "OUT" and name not in allowed}
    assert sorted(out) == []
    assert {*(verdict.get("tries") or ())} - {name for _, name, _ in told} == set(), graded.logs()[-2000:]


def assert_verdict(graded: Graded, verdict: dict[str, Any]) -> None:
    report = graded.report
    assert report["status"] == verdict.get("status", "graded"), report["problem"]
    if report["status"] == "graded":
        lost = [id for id in graded.lost() if id not in (verdict.get("may_lose") or ())]
        assert lost == sorted(verdict["lost"]), [
            (c["id"], c["message"], c["actual"]) for c in report["checks"] if c["id"] in graded.lost()
        ]
    hit = {line.partition(":")[0] for line in report["limits_hit"]}
    assert set(verdict.get("hit") or ()) <= hit, report["limits_hit"]
    assert set(verdict.get("flags") or ()) <= {flag["kind"] for flag in report["flags"]}, report["flags"]
    for words in verdict.get("says") or ():
        assert words in graded.texts["text"]


def assert_next_is_graded(grader: Grader) -> None:
    """An ordinary submission right afterwards, by the same launcher, is none the worse for it."""
    graded = grader.grade(ROOT / "student_app", {"total_seconds": 30.0, "start_seconds": 10.0}, all_formats=False)
    assert graded.report["score"] == 100, graded.report["problem"] or graded.lost()


# ------------------------------------------------------------------------------------------------- about the corpus


def test_the_corpus_is_large_and_every_verdict_says_what_it_is_about() -> None:
    assert len(NAMES) >= 70
    for name in NAMES:
        verdict = verdict_of(name)
        assert verdict["about"]
        assert verdict["threat"]
        assert verdict.get("kind", "program") in KINDS
        assert ("lost" in verdict) != ("status" in verdict), name
