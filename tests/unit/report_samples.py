"""Reports made by hand: a perfect one, one with a crash, one with hidden checks, two without a grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from grader.model import (
    Address,
    AddressSource,
    CheckResult,
    CheckStatus,
    Condition,
    Exchange,
    Flag,
    FlagKind,
    Isolation,
    Level,
    Location,
    Outcome,
    Overlay,
    Report,
    ReportStatus,
    Request,
    RouteVisit,
    RubricInfo,
    Start,
    StartState,
    SubmissionInfo,
    Visibility,
)

CANARY = "c4n4ry"  # in everything that belongs to a hidden check
HTML = (("Content-Type", "text/html; charset=utf-8"),)


def check(id: str, points: int, status: CheckStatus = CheckStatus.PASSED, **outcome: object) -> CheckResult:
    """A check that earned all or nothing."""
    earned = Fraction(status is CheckStatus.PASSED)
    judged = replace(Outcome(status, f"{id}: message", earned), **outcome)
    return CheckResult(
        id, f"{id}: title", "Server" if id == "starts" else "Page", Fraction(points), points * earned, judged
    )


def start(id: str, condition: Condition | None = None, **more: object) -> Start:
    made = Start(id, condition or Condition(), 0, StartState.LISTENING, Address("0.0.0.0", 4321), AddressSource.KERNEL)
    return replace(made, ready_seconds=0.1, answered=True, log=f"log of {id}", **more)


def exchange(id: str, path: str = "/", status: int = 200, body: bytes = b"<h1>Hello, there!</h1>") -> Exchange:
    curl = f'curl "http://127.0.0.1:$PORT"{path}'
    return Exchange(id, id.split(".")[0], Request(path), status, "OK", HTML, body, len(body), seconds=0.01, curl=curl)


def graded(checks: Sequence[CheckResult], **more: object) -> Report:
    """A report with totals that fit its checks, one start and one exchange."""
    report = Report(
        SubmissionInfo("lab-1", "main.py", "0" * 64),
        RubricInfo("flask-lab", "Flask lab", "1", "1" * 64),
        ReportStatus.GRADED,
        sum((c.max_score for c in checks), Fraction(0)),
        Fraction(60),
        sum((c.score for c in checks), Fraction(0)),
        tuple(checks),
        (start("s1"),),
        (exchange("s1.1"),),
        isolation=Isolation(Level.LANDLOCK, "There are no user namespaces here.", ("seccomp",), ("memory limit",)),
        started_at="2026-01-01T00:00:00Z",
        duration_seconds=0.5,
        grader_version="0.1.0",
    )
    return replace(report, **more)


def perfect() -> Report:
    return graded([check("starts", 10, evidence=("s1",)), check("home", 30, evidence=("s1", "s1.1"))])


def crashed() -> Report:
    """The page crashes: one check fails with the cause, another waits for it, a smaller one fails for itself."""
    cause = "main.py:7 uses random, but the file never imports it."
    home = check(
        "home", 20, CheckStatus.FAILED, message=cause, expected="GET / answers 200", actual="GET / answered 500",
        hint="Write `import random` at the top.", location=Location("main.py", 7, "n = random.randint(1, 9)"),
        evidence=("s1", "s1.1"),
    )  # fmt: skip
    heading = check("heading", 10, CheckStatus.BLOCKED, message=cause, blocked_by=("home",), evidence=("s1.1",))
    port = check("port", 25, CheckStatus.FAILED, hint="Draw the port.")
    return graded(
        [check("starts", 10, evidence=("s1",)), port, heading, home],
        exchanges=(exchange("s1.1", status=500, body=b"<h1>Internal Server Error</h1>"),),
        routes=(RouteVisit("/", ("GET", "POST"), status=500, seconds=0.012), RouteVisit("/about", ("GET",))),
    )


def hidden() -> Report:
    """A visible check that passed, one that waits for a hidden one, and a hidden one with starts of its own."""
    secret = Flag(FlagKind.NOTE, f"flag of {CANARY}")
    condition = Condition(overlays=(Overlay(f"{CANARY}.html", b""),))
    failed = check(
        CANARY, 7, CheckStatus.FAILED, expected=CANARY, actual=CANARY, hint=CANARY, flags=(secret,),
        location=Location(f"{CANARY}.py", 1, CANARY), evidence=("s1", "s2", "s2.1", "s3", "s1.2"),
    )  # fmt: skip
    waits = check("waits", 3, CheckStatus.BLOCKED, blocked_by=(CANARY,), evidence=("s1.1", "s2.1"))
    return graded(
        [check("starts", 10, evidence=("s1", "s1.1")), waits, replace(failed, visibility=Visibility.HIDDEN)],
        starts=(start("s1"), start("s2", condition, hidden=True), start("s3", condition)),
        exchanges=(
            exchange("s1.1"),
            exchange("s1.2", f"/{CANARY}-named"),
            exchange("s2.1", f"/{CANARY}-hidden"),
            exchange("s3.1", f"/{CANARY}-named-start"),
        ),
        flags=(Flag(FlagKind.NOTE, "flag of all"), secret),
        limits_hit=("start s1: output cut", f"start s2 ({CANARY}): late", f"request s2.1: {CANARY}"),
    )


def without_grade(status: ReportStatus) -> Report:
    """As the pipeline makes it where nothing was started."""
    return graded(
        [], max_score=Fraction(40), status=status, score=None, starts=(), exchanges=(), isolation=None, started_at="",
        problem="lab-1 holds no Python file.", advice="Give the folder that holds main.py.",
        submission=SubmissionInfo("lab-1", None, None),
    )  # fmt: skip
