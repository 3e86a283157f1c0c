"""The people of a course."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from grader.courses import accounts, enrolments
from grader.courses.tables import Course, Role, User
from grader.errors import UsageError
from grader.render.csv import cell
from grader.sources import Roster, read_roster
from grader.web import forms, gates
from grader.web.entering import password_link
from grader.web.session import database, note, viewer

blueprint = Blueprint("people", __name__, url_prefix="/courses/<key>/people")
_MOST_ROSTER = 1 << 20  # bytes: it goes to the browser and back
_MOST_NAME = 60  # characters of a file's name, of up to four bytes each: a folder takes 255


def _back(key: str, **_: str) -> str:
    return url_for("people.page", key=key)


@blueprint.get("")
def page(key: str) -> ResponseReturnValue:
    """Everybody, a page at a time."""
    sought = request.args.get("q", "").strip()[:100]
    with database().reading() as db:
        course, _ = gates.to_course(db, key, teaching=True)
        people = enrolments.people_of(db, course)
        others = enrolments.others_too(db, course, viewer())
    fresh = {one.user_id for one in people if _may_invite(one.user, others)}
    return render_template(
        "web/courses/people.html",
        course=course,
        found=enrolments.look(people, sought, forms.page()),
        q=sought,
        may_invite=lambda user: user.id in fresh,
        fresh=len(fresh),
        local=_local(),
    )


def _local() -> bool:
    """Whether links lead to somebody's own machine, which nobody else reaches."""
    return bool(current_app.extensions["settings"].local)


@blueprint.post("")
@forms.back_with_faults(_back)
def add(key: str) -> ResponseReturnValue:
    """One more."""
    with database().writing() as db:
        course, _ = gates.to_course(db, key, teaching=True)
        login = forms.text("login", most=200, called="The name to sign in with")
        name, role = forms.text("name", most=200), _role()
        user = enrolments.add(db, course, login, name, role)
        note(db, "course.enrol", f"course:{key}", {"user": user.key, "role": role.value})
        name = user.name
    flash(f"{name} is in the course.")
    return redirect(_back(key))


def _role() -> Role:
    role = forms.choice("role", Role)
    if role is Role.ADMIN:
        raise UsageError("Role is none of its choices.", "Choose one.")
    return role


@blueprint.post("/roster")
@forms.back_with_faults(_back)
def preview(key: str) -> ResponseReturnValue:
    """What a class list would do, before it does it."""
    with database().reading() as db:
        gates.to_course(db, key, teaching=True)
    file = request.files.get("file")
    if file is None or not file.filename:
        raise UsageError("No file was chosen.", "Choose the class list, a CSV file.")
    data = file.stream.read(_MOST_ROSTER + 1)
    roster = _read(data, file.filename)
    with database().reading() as db:
        course, _ = gates.to_course(db, key, teaching=True)
        plan = enrolments.compare(db, course, roster)
    return render_template(
        "web/courses/roster.html",
        course=course,
        plan=plan,
        filename=file.filename,
        data=base64.b64encode(data).decode(),
        Change=enrolments.Change,
    )


@blueprint.post("/roster/apply")
@forms.back_with_faults(_back)
def apply(key: str) -> ResponseReturnValue:
    """Do it."""
    with database().reading() as db:  # first of all: whoever may not is told that, and nothing of the list
        gates.to_course(db, key, teaching=True)
    try:
        data = base64.b64decode(request.form.get("data", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError("The list did not come back whole.", "Upload it again.") from error
    roster = _read(data, request.form.get("filename", ""))
    with database().writing() as db:
        course, _ = gates.to_course(db, key, teaching=True)
        plan = enrolments.apply(db, course, roster)
        counts = {change.value: plan.count(change) for change in enrolments.Change}
        note(db, "course.enrol-list", f"course:{key}", counts)
    came = plan.count(enrolments.Change.NEW) + plan.count(enrolments.Change.JOINS)
    left_out = plan.count(enrolments.Change.UNCLEAR)
    flash(f"{came} {'person is' if came == 1 else 'people are'} new in the course; {left_out} left out.")
    return redirect(_back(key))


def _read(data: bytes, filename: str) -> Roster:
    """A class list, as a file of that name has it. Raises UsageError."""
    if len(data) > _MOST_ROSTER:
        raise UsageError("The list has more than 1 MB.", "Leave out columns that name nobody.")
    plain = "".join(c for c in os.path.basename(filename.replace("\\", "/")) if c.isprintable())
    name = plain[-_MOST_NAME:].lstrip(".")
    with tempfile.TemporaryDirectory(prefix="roster-") as folder:
        path = Path(folder, name or "list.csv")
        path.write_bytes(data)
        return read_roster(path)


@blueprint.post("/<user>/role")
@forms.back_with_faults(_back)
def change_role(key: str, user: str) -> ResponseReturnValue:
    """Another role."""
    with database().writing() as db:
        course, person = _found(db, key, user)
        role = _role()
        enrolments.set_role(db, course, person, role)
        note(db, "course.role", f"course:{key}", {"user": user, "role": role.value})
    flash(f"{person.name} is {'an instructor' if role is Role.INSTRUCTOR else 'a student'} of the course.")
    return redirect(_back(key))


@blueprint.post("/<user>/remove")
@forms.back_with_faults(_back)
def remove(key: str, user: str) -> ResponseReturnValue:
    """Out of the course."""
    with database().writing() as db:
        course, person = _found(db, key, user)
        enrolments.remove(db, course, person)
        note(db, "course.remove", f"course:{key}", {"user": user})
    flash(f"{person.name} is no longer in the course. What was handed in is kept.")
    return redirect(_back(key))


@blueprint.post("/<user>/link")
@forms.back_with_faults(_back)
def invite(key: str, user: str) -> ResponseReturnValue:
    """A link with which a student who has no way in yet sets a password."""
    with database().writing() as db:
        course, person = _found(db, key, user)
        others = enrolments.others_too(db, course, viewer())
        if not _may_invite(person, others):
            why = "is in a course that you do not teach" if person.id in others else "can sign in already"
            raise UsageError(f"This person {why}.", "An admin makes such a link.")
        accounts.end_sessions(person)  # an earlier link ends with it
        note(db, "user.link", f"user:{user}", {"course": key})
    link = password_link(person)
    return render_template("web/courses/link.html", course=course, person=person, link=link, local=_local())


@blueprint.post("/links")
@forms.back_with_faults(_back)
def invite_all(key: str) -> ResponseReturnValue:
    """A table with such a link for each of those students."""
    with database().writing() as db:
        course, _ = gates.to_course(db, key, teaching=True)
        others = enrolments.others_too(db, course, viewer())
        fresh = [one.user for one in enrolments.people_of(db, course) if _may_invite(one.user, others)]
        for person in fresh:
            accounts.end_sessions(person)
            note(db, "user.link", f"user:{person.key}", {"course": key})
    if not fresh:
        raise UsageError("Everybody can sign in already.", "An admin makes a link for a lost password.")
    table = io.StringIO("\ufeff", newline="")  # without the mark Excel takes it for another encoding
    table.seek(0, io.SEEK_END)
    rows = ([cell(one.name), cell(one.login or ""), password_link(one)] for one in fresh)
    csv.writer(table).writerows([["name", "signs in as", "link"], *rows])
    response = Response(table.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename="links-to-sign-in.csv")
    return response


def _may_invite(person: User, others: Collection[int]) -> bool:
    """Only who can do nothing yet, and has nothing in courses of others: else whoever teaches could become anybody."""
    if person.id in others:
        return False
    fresh = person.password is None and person.subject is None and person.seen is None
    return fresh and person.active and person.login is not None and person.role == Role.STUDENT.value


def _found(db: Session, key: str, user: str) -> tuple[Course, User]:
    """The course, and somebody in it."""
    course, _ = gates.to_course(db, key, teaching=True)
    person = accounts.by_key(db, user)
    if person is None or all(one.user_id != person.id for one in enrolments.people_of(db, course)):
        abort(404)
    return course, person
