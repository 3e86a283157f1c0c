"""Who is in a course: one by one, or as a class list has them. A list is first compared, and applied when somebody has
looked at the comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session, joinedload

from grader.courses import accounts
from grader.courses.access import Viewer
from grader.courses.database import alone
from grader.courses.tables import Course, Enrolment, Role, User, new_key
from grader.errors import UsageError
from grader.frozen import dataclass
from grader.sources import Enrolled, Id, Roster

_FOR_LOGIN = (Id.EMAIL, Id.USERNAME)  # what somebody signs in with, the best first
_MOST_NAME = _MOST_ID = 200
PAGE = 100


class Change(StrEnum):
    """What a list does to somebody. NEW gets an account, JOINS has one, CHANGED gets other identifiers."""

    NEW = "new"
    JOINS = "joins"
    CHANGED = "changed"
    SAME = "same"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Planned:
    """One person of a list. `user_id` is the account that is meant, `account` its name; `reason` is why UNCLEAR."""

    name: str
    login: str | None
    ids: Mapping[str, str]
    change: Change
    user_id: int | None = None
    account: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """What a list would do. `absent` are students of the course who are not on it: they stay."""

    people: Sequence[Planned]
    absent: Sequence[str]

    def count(self, change: Change) -> int:
        """How many it does that to."""
        return sum(one.change is change for one in self.people)


@dataclass(frozen=True)
class _Known:
    """`by_id`: students of the course by an identifier; `by_login`: all accounts that a list might mean."""

    enrolments: Mapping[int, Enrolment]
    by_id: Mapping[tuple[str, str], int]
    by_login: Mapping[str, User]


def compare(db: Session, course: Course, roster: Roster) -> Plan:
    """A list and a course."""
    known = _known(db, course, roster)
    people = list(_without_doubles([_planned(known, person) for person in roster.people]))
    named = {one.user_id for one in people}
    absent = [
        one.user.name for id, one in known.enrolments.items() if one.role == Role.STUDENT.value and id not in named
    ]
    return Plan(people, absent)


def apply(db: Session, course: Course, roster: Roster) -> Plan:
    """Do what the comparison says, of this moment; who is unclear is left out."""
    alone(db, accounts.MADE)
    plan = compare(db, course, roster)
    joining = [(one, one.user_id) for one in plan.people if one.change is Change.JOINS and one.user_id is not None]
    _enrol(db, course, [*_made(db, [one for one in plan.people if one.change is Change.NEW]), *joining])
    for one in plan.people:
        if one.change is Change.CHANGED:
            enrolment = _enrolment(db, course, one.user_id)
            enrolment.ids = {**enrolment.ids, **one.ids}
    return plan


def _made(db: Session, people: Sequence[Planned]) -> list[tuple[Planned, int]]:
    """Accounts for them, and the id of each. All at once: others who write wait meanwhile."""
    keys = {new_key(): one for one in people}
    if keys:
        db.execute(insert(User), [{"key": key, "name": one.name, "login": one.login} for key, one in keys.items()])
    made: list[tuple[Planned, int]] = []
    for some in _some(list(keys)):
        found = db.execute(select(User.key, User.id).where(User.key.in_(some)).order_by(User.id))
        made += [(keys[key], id) for key, id in found]
    return made


def _enrol(db: Session, course: Course, people: Sequence[tuple[Planned, int]]) -> None:
    """As students, with what the list calls them."""
    rows = [
        {"user_id": id, "course_id": course.id, "role": Role.STUDENT.value, "ids": dict(one.ids)} for one, id in people
    ]
    if rows:
        db.execute(insert(Enrolment), rows)


def _known(db: Session, course: Course, roster: Roster) -> _Known:
    enrolments = {one.user_id: one for one in people_of(db, course)}
    by_id = {(kind, str(value).casefold()): id for id, one in enrolments.items() for kind, value in one.ids.items()}
    wanted = {login for login in map(_login, roster.people) if login}
    found: list[User] = []
    for some in _some(sorted(wanted)):
        found += db.scalars(select(User).where(User.login.in_(some)))
    return _Known(enrolments, by_id, {user.login: user for user in found if user.login})


def _some(values: Sequence[str], most: int = 500) -> Iterator[Sequence[str]]:
    """A part at a time: a statement takes so many values, and no more."""
    for begin in range(0, len(values), most):
        yield values[begin : begin + most]


def _login(person: Enrolled) -> str | None:
    ids = dict(person.ids)
    return next((accounts.folded(ids[kind]) for kind in _FOR_LOGIN if ids.get(kind)), None)


def _planned(known: _Known, person: Enrolled) -> Planned:
    ids, login, name = {str(kind): value for kind, value in person.ids}, _login(person), person.label[:_MOST_NAME]
    account = known.by_login.get(login) if login else None
    meant = _meant(known, ids) | ({account.id} if account is not None else set())
    if any(len(value) > _MOST_ID for value in ids.values()):
        return Planned(name, None, {}, Change.UNCLEAR, reason=f"An identifier has more than {_MOST_ID} characters.")
    if len(meant) > 1:
        return Planned(name, login, ids, Change.UNCLEAR, reason="Its identifiers belong to two different people here.")
    if not ids:
        return Planned(name, login, ids, Change.UNCLEAR, reason="It has no identifier, only a name.")
    if not meant:
        return Planned(name, login, ids, Change.NEW)
    user_id = meant.pop()
    enrolment = known.enrolments.get(user_id)
    if enrolment is None:
        return Planned(name, login, ids, Change.JOINS, user_id, account.name if account is not None else "")
    change = Change.SAME if {**enrolment.ids, **ids} == enrolment.ids else Change.CHANGED
    return Planned(name, login, ids, change, user_id, enrolment.user.name)


def _meant(known: _Known, ids: Mapping[str, str]) -> set[int]:
    """Whose identifiers they are in the course."""
    return {known.by_id[key] for kind, value in ids.items() if (key := (kind, value.casefold())) in known.by_id}


def _without_doubles(people: Sequence[Planned]) -> Iterator[Planned]:
    """No two rows mean one account."""
    seen: set[object] = set()
    for one in people:
        means = one.user_id if one.user_id is not None else one.login
        if means is not None and means in seen:
            yield Planned(one.name, one.login, one.ids, Change.UNCLEAR, reason="Another row means the same person.")
        else:
            yield one
        seen.add(means)


def people_of(db: Session, course: Course) -> list[Enrolment]:
    """Everybody in a course with their account, teachers first, then by name."""
    asked = (
        select(Enrolment)
        .join(Enrolment.user)
        .options(joinedload(Enrolment.user))
        .where(Enrolment.course_id == course.id)
        .order_by(Enrolment.role, func.lower(User.name), User.id)
    )
    return list(db.scalars(asked))


@dataclass(frozen=True)
class Shown:
    """Some of the people of a course: one page of those who were sought; `count` is of all pages."""

    people: Sequence[Enrolment]
    count: int
    page: int
    pages: int


def look(people: Sequence[Enrolment], sought: str = "", page: int = 1) -> Shown:
    """Those whose name, or name to sign in with, holds a text; a page at a time."""
    wanted = sought.casefold()
    found = [one for one in people if wanted in one.user.name.casefold() or wanted in (one.user.login or "").casefold()]
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(1, page), pages)
    return Shown(found[(page - 1) * PAGE : page * PAGE], len(found), page, pages)


def add(db: Session, course: Course, login: str, name: str, role: Role) -> User:
    """One more person; an account is made where there is none of that name. Raises UsageError."""
    alone(db, accounts.MADE)
    user = accounts.by_login(db, login)
    if user is None:
        user = accounts.create_user(db, login, name)
    elif db.scalars(select(Enrolment).where(*_in(course, user.id))).first() is not None:
        raise UsageError(f"{user.name} is in this course already.", "Change the role there.")
    kind = Id.EMAIL if "@" in login else Id.USERNAME
    db.add(Enrolment(user_id=user.id, course_id=course.id, role=role.value, ids={str(kind): user.login}))
    return user


def learns(db: Session, user_id: int) -> bool:
    """Whether somebody is a student of any course."""
    asked = select(Enrolment.id).where(Enrolment.user_id == user_id, Enrolment.role == Role.STUDENT.value)
    return db.scalars(asked.limit(1)).first() is not None


def others_too(db: Session, course: Course, viewer: Viewer) -> frozenset[int]:
    """The ids of those in a course who are in another one, too, which the viewer does not teach."""
    if viewer.is_admin:
        return frozenset()
    teaching = Enrolment.user_id == viewer.id, Enrolment.role == Role.INSTRUCTOR.value
    asked = select(Enrolment.user_id).where(
        Enrolment.user_id.in_(select(Enrolment.user_id).where(Enrolment.course_id == course.id)),
        Enrolment.course_id.not_in(select(Enrolment.course_id).where(*teaching)),
    )
    return frozenset(db.scalars(asked))


def set_role(db: Session, course: Course, user: User, role: Role) -> None:
    """Another role in the course. Raises UsageError where nobody would teach it any more."""
    enrolment = _enrolment(db, course, user.id)
    if role is not Role.INSTRUCTOR:
        _keep_one_teacher(db, course, enrolment)
    enrolment.role = role.value


def remove(db: Session, course: Course, user: User) -> None:
    """Out of the course; what was handed in stays, and is there again for who is enrolled again. Raises UsageError."""
    enrolment = _enrolment(db, course, user.id)
    _keep_one_teacher(db, course, enrolment)
    db.delete(enrolment)


def _in(course: Course, user_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return Enrolment.course_id == course.id, Enrolment.user_id == user_id


def _enrolment(db: Session, course: Course, user_id: int | None) -> Enrolment:
    found = db.scalars(select(Enrolment).where(*_in(course, user_id))).first()
    if found is None:
        raise UsageError("This person is not in the course.", "Load the page again.")
    return found


def _keep_one_teacher(db: Session, course: Course, enrolment: Enrolment) -> None:
    alone(db, f"teachers {course.id}")
    teaching = Enrolment.course_id == course.id, Enrolment.role == Role.INSTRUCTOR.value
    others = db.scalar(select(func.count(Enrolment.id)).where(*teaching, Enrolment.id != enrolment.id))
    if enrolment.role == Role.INSTRUCTOR.value and not others:
        raise UsageError("Nobody else teaches this course.", "Make somebody else an instructor of it first.")
