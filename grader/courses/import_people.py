"""Who of a course is who in an export: by what an earlier export called them, by identifiers, by names that one bears.

Nobody is matched by guess. Where two could be meant, the work goes to a person of its own, who has no account, and it
is said: so nobody gets what is another's, and no work is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.courses.tables import Assignment, Attempt, Enrolment, Role, User
from grader.frozen import dataclass
from grader.sources import Attempt as Handed
from grader.sources import Enrolled, Found, Id, Kind, Person, Roster, match

OF_ONE_ASSIGNMENT = frozenset({Id.PARTICIPANT, Id.ANONYMOUS, Id.BRIGHTSPACE, Id.REPOSITORY})
_BY_NAME = (Kind.FOLDER, Kind.REPLIT)  # the name of a folder is what tells people apart there
_MOST_NAME = 200
BY_EARLIER = "earlier export"


@dataclass(frozen=True)
class Known:
    """Everybody who learns in a course. `earlier` are what exports call them."""

    enrolled: tuple[Enrolled, ...]  # `line` is the account's id
    earlier: Mapping[str, int]
    names: Mapping[int, str]


@dataclass(frozen=True)
class Told:
    """Who is who: the account and what told, by the person's key in the export. Who is in none is new."""

    accounts: Mapping[str, tuple[int, str]]
    sentences: tuple[str, ...]


def known(db: Session, assignment: Assignment) -> Known:
    """Everybody in the course, with what is known of them in it and in this assignment."""
    of_attempts: dict[int, dict[str, str]] = defaultdict(dict)
    earlier: dict[str, int] = {}
    asked = select(Attempt.user_id, Attempt.source_key, Attempt.ids).where(
        Attempt.assignment_id == assignment.id, Attempt.source_key.is_not(None)
    )
    for user_id, key, ids in db.execute(asked.order_by(Attempt.id)):
        of_attempts[user_id].update(ids)
        earlier[key] = user_id
    enrolled, names = [], {}
    for user, enrolment in db.execute(
        select(User, Enrolment)
        .join(Enrolment, Enrolment.user_id == User.id)
        .where(Enrolment.course_id == assignment.course_id, Enrolment.role == Role.STUDENT.value)
        .order_by(User.id)
    ).all():
        if enrolment.source_key:
            earlier.setdefault(enrolment.source_key, user.id)
        ids = {**_of_login(user.login), **_texts(enrolment.ids), **of_attempts[user.id]}
        enrolled.append(Enrolled(user.name, tuple(ids.items()), user.id))
        names[user.id] = user.name
    return Known(tuple(enrolled), earlier, names)


def _of_login(login: str | None) -> dict[str, str]:
    return {} if not login else {Id.EMAIL if "@" in login else Id.USERNAME: login}


def _texts(ids: Mapping[str, object]) -> dict[str, str]:
    return {kind: value for kind, value in ids.items() if isinstance(value, str) and value}


def told_apart(everybody: Known, found: Found) -> Told:
    """Who is who."""
    accounts: dict[str, tuple[int, str]] = {}
    taken: set[int] = set()
    for person in people(found.attempts):
        user_id = everybody.earlier.get(source_key(found.kind, person))
        if user_id in everybody.names and user_id not in taken:
            assert user_id is not None
            accounts[person.key] = (user_id, BY_EARLIER)
            taken.add(user_id)
    rest = tuple(attempt for attempt in found.attempts if attempt.person.key not in accounts)
    free = tuple(one for one in everybody.enrolled if one.line not in taken)
    matched = match(Roster("", (), free), Found(found.kind, found.why, rest, ()))
    for one in matched.matched:
        accounts[one.person.key] = (one.enrolled.line, str(one.by))
    return Told(accounts, tuple(_sentence(one.people, one.enrolled) for one in matched.ambiguous))


def _sentence(who: Sequence[Person], enrolled: Sequence[Enrolled]) -> str:
    theirs = ", ".join(sorted({person.name for person in who})[:3])
    could = ", ".join(sorted({one.label for one in enrolled})[:3])
    return (
        f"{theirs} could be more than one person of the course ({could}): the work stands under a name of its own. "
        "Give the people an identifier that the export has, and upload it again."
    )


def people(attempts: Iterable[Handed]) -> list[Person]:
    """Everybody who handed something in, once."""
    return list({attempt.person.key: attempt.person for attempt in attempts}.values())


def source_key(kind: Kind, person: Person) -> str:
    """What an export calls somebody, so that another kind of export cannot mean somebody else by it."""
    return f"{kind.value}:{person.key}"


def enrol(db: Session, assignment: Assignment, kind: Kind, person: Person, account: int | None) -> int:
    """The account of a person: the one that is known, with what the export says of it, or a new one that nobody can
    sign in to."""
    lasting = {str(id): value for id, value in person.ids if id not in OF_ONE_ASSIGNMENT}
    key = source_key(kind, person) if lasting or (not person.ids and kind in _BY_NAME) else None
    if account is None:
        user = User(name=person.name[:_MOST_NAME] or person.key[:_MOST_NAME])
        db.add(user)
        db.flush()
        account = user.id
    where = (Enrolment.user_id == account, Enrolment.course_id == assignment.course_id)
    enrolment = db.scalars(select(Enrolment).where(*where)).first()
    if enrolment is None:
        enrolment = Enrolment(user_id=account, course_id=assignment.course_id, role=Role.STUDENT.value, ids={})
        db.add(enrolment)
    enrolment.ids = {**lasting, **enrolment.ids}  # what the course says goes before what an export says
    enrolment.source_key = enrolment.source_key or key
    return account
