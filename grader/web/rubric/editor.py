"""Writing a rubric: YAML with its faults at their lines as it is typed, versions, and nothing saved that has faults."""

from __future__ import annotations

import difflib

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from grader.authoring.explain import explain
from grader.courses import audit, rubrics
from grader.courses.tables import Assignment, Attempt, RubricVersion
from grader.errors import RubricError, UsageError
from grader.frozen import dataclass
from grader.render.numbers import number
from grader.rubric.load import available
from grader.web.gates import to_assignment
from grader.web.session import database, viewer

blueprint = Blueprint("rubric", __name__)

_MOST_WORKS = 300  # to choose from
_MOST_VERSIONS = 200


@dataclass(frozen=True)
class Checked:
    """What is said of a text: its faults, or what it asks. `faults` are line, column and sentence."""

    faults: tuple[tuple[int, int, str], ...] = ()
    title: str = ""
    points: str = ""
    checks: int = 0
    explained: str = ""

    @property
    def lines(self) -> frozenset[int]:
        """Those with a fault."""
        return frozenset(line for line, _, _ in self.faults)


def checked(text: str) -> Checked:
    """A text as the loader sees it."""
    try:
        rubric = rubrics.parse(text.replace("\r\n", "\n"))
    except RubricError as error:
        faults = tuple((fault.line, fault.column, fault.sentence) for fault in error.details)
        return Checked(faults or ((1, 1, error.message),))
    return Checked((), rubric.title, number(rubric.max_score), len(rubric.checks), explain(rubric))


def taught(db: Session, key: str) -> Assignment:
    """The assignment, for somebody who teaches its course."""
    return to_assignment(db, key, teaching=True)[0]


@blueprint.get("/assignments/<key>/rubric")
def edit(key: str) -> ResponseReturnValue:
    """The editor, with the version that is in force, another one (`version`) or a bundled one (`start`)."""
    with database().reading() as db:
        assignment = taught(db, key)
        last = rubrics.in_force(db, assignment)
        chosen = _chosen(db, assignment, last)
        return _page(db, assignment, chosen, last.number if last else 0, note=request.args.get("note", ""))


def _chosen(db: Session, assignment: Assignment, last: RubricVersion | None) -> str:
    if "version" in request.args:
        found = rubrics.version(db, assignment, request.args.get("version", 0, type=int))
        if found is None:
            abort(404)
        return found.text
    if "start" in request.args:
        return rubrics.bundled(request.args["start"])
    return last.text if last is not None else ""


@blueprint.post("/assignments/<key>/rubric")
def save(key: str) -> ResponseReturnValue:
    """Save the text as the next version; with `do=check`, say only what is wrong with it."""
    text, note = request.form.get("text", ""), request.form.get("note", "")
    base = request.form.get("base", 0, type=int)
    said = checked(text)
    if said.faults or request.form.get("do") == "check":
        with database().reading() as db:
            page = _page(db, taught(db, key), text, base, note=note, tried=True)
            return page, 422 if said.faults else 200
    try:
        with database().writing() as db:
            assignment = taught(db, key)
            made = rubrics.save(db, assignment, text, author=viewer().id, note=note, base=base)
            audit.note(db, viewer(), "rubric.save", f"assignment:{key}", {"version": made.number, "note": note})
            saved = made.number
    except UsageError as error:  # somebody was quicker: nothing that was typed is lost
        with database().reading() as db:
            return _page(db, taught(db, key), text, base, note=note, conflict=error), 409
    flash(f"Version {saved} is in force. What was graded before keeps its points until you re-grade it.")
    return redirect(url_for("rubric.edit", key=key))


@blueprint.post("/assignments/<key>/rubric/check")
def check(key: str) -> ResponseReturnValue:
    """For the editor's script: what is wrong with a text, or what it asks."""
    with database().reading() as db:
        taught(db, key)
    said = checked(request.form.get("text", ""))
    return {
        "faults": [{"line": line, "column": column, "sentence": sentence} for line, column, sentence in said.faults],
        "title": said.title,
        "points": said.points,
        "checks": said.checks,
        "explained": said.explained,
    }


@blueprint.get("/assignments/<key>/rubric/versions/<int:number>")
def compare(key: str, number: int) -> ResponseReturnValue:
    """A version, and what it changed."""
    with database().reading() as db:
        assignment = taught(db, key)
        found, before = rubrics.version(db, assignment, number), rubrics.version(db, assignment, number - 1)
        if found is None:
            abort(404)
        last = rubrics.in_force(db, assignment)
        author = found.author.name if found.author is not None else ""
    return render_template(
        "web/rubric/version.html",
        assignment=assignment,
        course=assignment.course,
        version=found,
        author=author,
        before=before,
        changes=list(changes(before.text if before else "", found.text)),
        in_force=last is not None and last.number == number,
    )


def changes(old: str, new: str) -> list[tuple[str, str]]:
    """The lines that differ, with some around them: pairs of " ", "+", "-" or "@" and the text."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3))[2:]
    return [(line[:1], line[1:] if line[:1] != "@" else line) for line in lines]


def _page(
    db: Session,
    assignment: Assignment,
    text: str,
    base: int,
    *,
    note: str = "",
    tried: bool = False,
    conflict: UsageError | None = None,
) -> str:
    versions = select(RubricVersion).where(RubricVersion.assignment_id == assignment.id)
    versions = versions.options(joinedload(RubricVersion.author)).order_by(RubricVersion.number.desc())
    works = select(Attempt).where(Attempt.assignment_id == assignment.id, Attempt.upload_id.is_not(None))
    works = works.options(joinedload(Attempt.user)).order_by(Attempt.id.desc()).limit(_MOST_WORKS)
    return render_template(
        "web/rubric/edit.html",
        assignment=assignment,
        course=assignment.course,
        text=text,
        base=base,
        note=note,
        said=checked(text) if text.strip() else None,
        tried=tried,
        conflict=conflict,
        bundled=available(),
        versions=db.scalars(versions.limit(_MOST_VERSIONS)).all(),
        works=db.scalars(works).all(),
    )
