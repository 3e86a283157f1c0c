"""The report as a part of a page: what is put together for it, and laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Any

from flask import url_for
from jinja2 import Environment
from markupsafe import Markup
from sqlalchemy import inspect

from grader.courses import rubrics
from grader.courses.points import WHOLE, Effective, Total
from grader.courses.showing import Showing
from grader.courses.tables import Attempt, Role
from grader.frozen import dataclass
from grader.model import Exchange, Kept, Report, Rubric
from grader.render.audience import for_audience
from grader.render.cards import is_page
from grader.render.cleaning import clean
from grader.render.excerpts import excerpt
from grader.render.grouping import by_route, by_section
from grader.render.html import Decided, Decision, report_environment, view
from grader.render.html import render as one_file
from grader.web.pages import moment


@dataclass(frozen=True)
class Told:
    """What is said of an attempt beside its result."""

    name: str = ""
    number: int = 0
    submitted: datetime | None = None
    late: str = ""


@dataclass(frozen=True)
class Gathered:
    """A result with what is shown of it, to be laid out when the database is let go of. `key` is the attempt's,
    `grading` that of a result which is not the one that counts."""

    kept: Kept
    showing: Showing
    told: Told = Told()
    key: str = ""
    grading: str = ""
    rubric_text: str = ""
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    effective: Effective | None = None

    @property
    def audience(self) -> str:
        """As `for_audience` calls it."""
        return "instructor" if self.showing.hidden else "student"


def told_of(attempt: Attempt) -> Told:
    """Of an attempt, which may have left its session: then without what was not loaded."""
    unloaded: set[str] = inspect(attempt).unloaded
    name = "" if "user" in unloaded and inspect(attempt).detached else attempt.user.name
    return Told(name, attempt.number, attempt.submitted, _late(attempt.late_seconds))


def _late(seconds: float) -> str:
    if seconds <= 0:
        return ""
    hours = seconds / 3600
    if hours >= 48:
        return f"{hours / 24:.0f} days late"
    minutes = max(1, round(seconds / 60))
    return f"{hours:.0f} hours late" if hours >= 2 else f"{minutes} minute{'' if minutes == 1 else 's'} late"


def decisions_of(attempt: Attempt, role: Role) -> Mapping[str, Decision]:
    """What people decided of an attempt and have not withdrawn, by check ("" for the whole); the last of several."""
    given = [one for one in attempt.overrides if one.withdrawn is None]
    teaching = role is Role.INSTRUCTOR
    return {o.check: Decision(Fraction(o.points), o.reason, o.by.name if teaching else "") for o in given}


def page_of_report(gathered: Gathered, *, title: str = "", rubric: Rubric | None = None) -> Markup:
    """The markup. Of a result that is not shown yet, a sentence."""
    if not gathered.showing.result:
        return Markup('<p class="empty">{}</p>').format("The result of this attempt is not shown yet.")
    report = for_audience(gathered.kept.report, gathered.audience)
    rubric = rubric or rubrics.readable(gathered.rubric_text)
    shown = {r.id for r in report.checks}
    found = view(report, gathered.kept.evidence, _asked(rubric, shown))
    best, page_url = found["best"], _page_url(gathered)
    counted = _counted(report, gathered.decisions)
    made = _environment().get_template("web/report/report.html").render(
        found,
        told=gathered.told,
        title=title,
        total=_total(gathered, report),
        whole=gathered.decisions.get(WHOLE),
        decisions={id: d for id, d in gathered.decisions.items() if id in shown},
        groups=by_route(counted, _paths(rubric, shown)) if rubric else by_section(counted),
        page=_home(report),
        page_url=page_url,
        json_url=_url("report.as_document", gathered) if gathered.key else "",
        first_lines=excerpt(best[0].outcome.location, gathered.kept.evidence) if best else (),
    )  # fmt: skip
    return Markup(clean(made))  # noqa: S704  # made by a template that escapes


def file_of_report(gathered: Gathered) -> bytes:
    """The same as one file that needs nothing else, for whoever may be given it: whether results are shown by now is
    not asked here, what of them is shown is."""
    report = for_audience(gathered.kept.report, gathered.audience)
    total, shown = _total(gathered, report), {r.id for r in report.checks}
    counted = replace(_counted(report, gathered.decisions), score=total.score, max_score=total.max_score)
    decisions = {id: d for id, d in gathered.decisions.items() if id in shown}
    return one_file(report, Decided(counted, decisions, gathered.decisions.get(WHOLE))).encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    made = report_environment().overlay()
    made.filters = {**made.filters, "moment": moment}
    return made


def _counted(report: Report, decisions: Mapping[str, Decision]) -> Report:
    """With the points of each check as they count."""
    checks = (replace(r, score=decisions[r.id].points) if r.id in decisions else r for r in report.checks)
    return replace(report, checks=tuple(checks))


def _total(gathered: Gathered, report: Report) -> Total:
    """What counts, for this audience: as computed where nobody decided otherwise."""
    found = gathered.effective
    if found is None or not gathered.decisions:
        return Total(report.score, report.max_score, report.passed)
    return found.total if gathered.showing.hidden else found.shown


def _asked(rubric: Rubric | None, shown: set[str]) -> Mapping[str, tuple[str, ...]]:
    return {c.id: tuple(c.check.asked) for c in rubric.checks if c.id in shown} if rubric else {}


def _paths(rubric: Rubric, shown: set[str]) -> Mapping[str, str]:
    """The path that each check asks for; of several steps, the first's."""
    found: dict[str, str] = {}
    for check in rubric.checks:
        steps: Any = getattr(check.check, "steps", ())
        path = getattr(check.check, "path", None) or next((s.path for s in steps if s.path), None)
        if check.id in shown and isinstance(path, str):
            found[check.id] = path
    return found


def _home(report: Report) -> Exchange | None:
    """The page at / as it was first sent."""
    return next((e for e in report.exchanges if e.request.path == "/" and e.status == 200 and is_page(e)), None)


def _page_url(gathered: Gathered) -> Callable[[str], str] | None:
    if not gathered.key:
        return None
    return lambda exchange: _url("report.page", gathered, exchange=exchange)


def _url(endpoint: str, gathered: Gathered, **values: Any) -> str:
    if gathered.grading:
        values["grading"] = gathered.grading
    return url_for(endpoint, key=gathered.key, **values)
