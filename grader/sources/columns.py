"""The columns by which class lists name people, as every LMS heads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from grader.sources.model import Id

NAME, FIRST, LAST = "name", "first name", "last name"

# As in Canvas's gradebook_exporter.rb, Moodle's grading worksheet, the Grade Center, Brightspace's grade export,
# Gradescope's roster, GitHub Classroom's and Classroom 50's rosters; and as people head them by hand.
_NAMES = {
    "student": NAME,
    "student name": NAME,
    "full name": NAME,
    "name": NAME,
    "first name": FIRST,
    "firstname": FIRST,
    "given name": FIRST,
    "last name": LAST,
    "lastname": LAST,
    "surname": LAST,
    "family name": LAST,
}
_IDS = {
    "id": Id.OTHER,
    "sis user id": Id.SIS,
    "sis login id": Id.USERNAME,
    "identifier": Id.PARTICIPANT,
    "participant id": Id.PARTICIPANT,
    "username": Id.USERNAME,
    "user name": Id.USERNAME,
    "login": Id.USERNAME,
    "email": Id.EMAIL,
    "e-mail": Id.EMAIL,
    "email address": Id.EMAIL,
    "id number": Id.STUDENT,
    "student id": Id.STUDENT,
    "sid": Id.STUDENT,
    "orgdefinedid": Id.STUDENT,
    "github username": Id.GITHUB,
    "github": Id.GITHUB,
    "github id": Id.GITHUB_NUMBER,
    "roster identifier": Id.OTHER,
    "student repository name": Id.REPOSITORY,
}


def folded(column: str) -> str:
    """A column's head as it is compared."""
    return " ".join(column.replace("_", " ").casefold().split())


def roles(columns: Collection[str]) -> Mapping[str, str]:
    """What each column that names people is: a part of the name, or an `Id`."""
    heads = {folded(column) for column in columns}
    found = {}
    for column in columns:
        role = _NAMES.get(folded(column)) or _IDS.get(folded(column))
        if role is not None:
            found[column] = _in_company(role, heads)
    return found


def _in_company(role: str, heads: Collection[str]) -> str:
    """What a column is beside the others: some heads mean one thing in one system and another in the next."""
    if role == Id.OTHER and {"student", "section"} <= set(heads):
        return Id.CANVAS
    if role == Id.PARTICIPANT and "github username" in heads:
        return Id.OTHER
    if role == Id.USERNAME and "github id" in heads:
        return Id.GITHUB
    return role


def known_heads() -> str:
    """The heads to name in an error."""
    return "Student, Full name, First name with Last name, ID, Identifier, Username, Email, SID, OrgDefinedId"
