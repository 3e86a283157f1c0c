"""Which columns of a teacher's file say who somebody is, and which take the grade: one function for each system.

The columns and the rules of each importer stand in the systems' own sources and manuals: Canvas's `gradebook_importer`,
Moodle's `mod/assign/feedback/offline`, Blackboard's and D2L's help pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from grader.errors import UsageError
from grader.frozen import dataclass
from grader.gradebook.entry import Target
from grader.gradebook.sheet import Sheet

_CANVAS_TITLE = re.compile(r"(?P<title>.+) \((?P<id>\d+)\)")
_BLACKBOARD_TITLE = re.compile(r"(?P<title>.+?) \[Total Pts: (?P<max>[\d.,]+)[^\]]*\](?: \w+)? \|(?P<id>\d+)")
_BRIGHTSPACE_TITLE = re.compile(r"(?P<title>.+?) Points Grade(?: <.*?MaxPoints:(?P<max>[\d.]+).*>)?")
_PARTICIPANT = re.compile(r"\D*(\d+)")
_LOCKED = ("no", "nein", "non", "nee", "não", "nie", "nej", "ei", "いいえ", "否")
_OPEN = ("yes", "ja", "oui", "sí", "sì", "sim", "tak", "kyllä", "はい", "是")


@dataclass(frozen=True)
class Identity:
    """A column that says who somebody is: the kinds of identifier that it holds, in the words of
    `grader.sources.Id`."""

    kinds: tuple[str, ...]
    column: int


@dataclass(frozen=True)
class Layout:
    """Where things stand in a file. `identities` in the order in which the system itself looks. `maximum` is what the
    system counts for the column, None where the file does not say. `left` are rows that hold a person but take no
    grade, with the reason."""

    identities: tuple[Identity, ...]
    name: tuple[int, ...]
    grade: int
    rows: tuple[int, ...]
    feedback: int | None = None
    maximum: Fraction | None = None
    left: Mapping[int, str] | None = None


def layout(target: Target, sheet: Sheet, column: str | None) -> Layout:
    """Find the columns. `column` names the one for the grade, where there are several. Raises UsageError."""
    return _LAYOUTS[target](sheet, column)


def _canvas(sheet: Sheet, column: str | None) -> Layout:
    possible = next((n for n, row in enumerate(sheet.rows) if _first(row) == "points possible"), None)
    titles = _titles(sheet, _CANVAS_TITLE)
    if possible is not None:
        titles = {n: found for n, found in titles.items() if "read only" not in sheet.value(possible, n).lower()}
    grade = _chosen(sheet, titles, column, "an assignment's title with its number, as in: Lab 3 (4711)")
    rows = tuple(n for n in range(1, len(sheet.rows)) if n != possible and _is_person(sheet, n, "ID", "Student"))
    return Layout(
        _identities(sheet, _OF_CANVAS),
        _named(sheet, "Student") or _named(sheet, "FirstName", "LastName"),
        grade,
        rows,
        maximum=_number(sheet.value(possible, grade)) if possible is not None else None,
        left={n: "is excused (EX)" for n in rows if sheet.value(n, grade).upper() == "EX"},
    )


def _moodle(sheet: Sheet, column: str | None) -> Layout:
    """The heading is in the site's language; then the column of identifiers is known by its "Participant 123456", and
    others by where they stand."""
    rows = tuple(n for n in range(1, len(sheet.rows)) if any(cell.value for cell in sheet.rows[n]))
    identifier = _participants(sheet, rows)
    grade = _chosen(sheet, {}, column or "Grade", "the column of grades; in another language name it with --column")
    locked, most = _changeable(sheet, rows, grade), _column(sheet, "Maximum Grade")
    return Layout(
        (Identity(("moodle_participant_id",), identifier), *_identities(sheet, _PERSONAL, needed=False)),
        _named(sheet, "Full name") or (identifier + 1,),
        grade,
        rows,
        feedback=_column(sheet, "Feedback comments"),
        maximum=_number(sheet.value(rows[0], grade + 1 if most is None else most)) if rows else None,
        left={n: "has a grade that cannot be changed" for n in rows if sheet.value(n, locked).lower() in _LOCKED},
    )


def _participants(sheet: Sheet, rows: Sequence[int]) -> int:
    """Moodle's column of identifiers, by its name or by what it holds. Raises UsageError."""
    identifier = _column(sheet, "Identifier")
    if identifier is not None:
        return identifier
    if rows and all(_PARTICIPANT.fullmatch(sheet.value(n, 0)) for n in rows):
        return 0
    raise _missing(sheet, "Identifier", "Moodle's grading worksheet has it; a gradebook export has not")


def _changeable(sheet: Sheet, rows: Sequence[int], grade: int) -> int | None:
    """Moodle's column that says whether a grade can be changed, by its name or as the first after the grades that
    says yes or no."""
    named = _column(sheet, "Grade can be changed")
    if named is not None:
        return named
    return next((n for n in range(grade + 1, len(sheet.heading)) if _says_yes_or_no(sheet, rows, n)), None)


def _says_yes_or_no(sheet: Sheet, rows: Sequence[int], column: int) -> bool:
    said = {sheet.value(row, column).lower() for row in rows}
    return bool(said) and said <= {*_LOCKED, *_OPEN}


def _blackboard(sheet: Sheet, column: str | None) -> Layout:
    titles = _titles(sheet, _BLACKBOARD_TITLE)
    grade = _chosen(sheet, titles, column, "a column as Blackboard exports it, as in: Lab 3 [Total Pts: 10] |664617")
    return Layout(
        _identities(sheet, (("Username", "username"), ("Student ID", "student_id"))),
        _named(sheet, "First Name", "Last Name"),
        grade,
        tuple(n for n in range(1, len(sheet.rows)) if _is_person(sheet, n, "Username")),
        maximum=_number(titles[grade]["max"]) if grade in titles else None,
    )


def _brightspace(sheet: Sheet, column: str | None) -> Layout:
    titles = _titles(sheet, _BRIGHTSPACE_TITLE)
    grade = _chosen(sheet, titles, column, "a column that ends with Points Grade")
    wanted = (("OrgDefinedId", "student_id"), ("Username", "username"), ("Email", "email"))
    return Layout(
        _identities(sheet, wanted),
        _named(sheet, "First Name", "Last Name"),
        grade,
        tuple(n for n in range(1, len(sheet.rows)) if _is_person(sheet, n, "OrgDefinedId", "Username")),
        maximum=_number(titles[grade]["max"] or "") if grade in titles else None,
    )


_LAYOUTS: Mapping[Target, Callable[[Sheet, str | None], Layout]] = {
    Target.CANVAS: _canvas,
    Target.MOODLE: _moodle,
    Target.BLACKBOARD: _blackboard,
    Target.BRIGHTSPACE: _brightspace,
}
_OF_CANVAS = (("ID", "canvas_id"), ("SIS User ID", "sis_user_id"), ("SIS Login ID", "username", "email"))
_PERSONAL = (("ID number", "student_id"), ("Username", "username"), ("Email address", "email"))


def _first(row: Sequence[object]) -> str:
    return str(getattr(row[0], "value", "")).strip().lower() if row else ""


def _titles(sheet: Sheet, pattern: re.Pattern[str]) -> dict[int, re.Match[str]]:
    """The columns headed as a system heads those of an assignment."""
    return {n: found for n, name in enumerate(sheet.heading) if (found := pattern.fullmatch(name))}


def _column(sheet: Sheet, name: str) -> int | None:
    names = [heading.casefold() for heading in sheet.heading]
    return names.index(name.casefold()) if name.casefold() in names else None


def _named(sheet: Sheet, *names: str) -> tuple[int, ...]:
    """The columns of these names, where all of them are there."""
    found = [_column(sheet, name) for name in names]
    return tuple(n for n in found if n is not None) if None not in found else ()


def _identities(sheet: Sheet, wanted: Sequence[tuple[str, ...]], *, needed: bool = True) -> tuple[Identity, ...]:
    found = tuple(Identity(tuple(kinds), n) for name, *kinds in wanted if (n := _column(sheet, name)) is not None)
    if not found and needed:
        raise _missing(sheet, " or ".join(name for name, *_ in wanted), "without it nobody can be told apart")
    return found


def _is_person(sheet: Sheet, row: int, *columns: str) -> bool:
    """Whether a row holds somebody: rows of points or of posting rules have no identifier."""
    return any(sheet.value(row, _column(sheet, name)) for name in columns) and not _is_of_canvas_rules(sheet, row)


def _is_of_canvas_rules(sheet: Sheet, row: int) -> bool:
    told = {cell.value.strip() for cell in sheet.rows[row]}
    return told <= {"", "Muted", "Manual Posting"}


def _chosen(sheet: Sheet, titles: Mapping[int, re.Match[str]], column: str | None, what: str) -> int:
    """The column for the grade: the one that is asked for, or the only one there is."""
    names = sheet.heading
    if column is None and len(titles) == 1:
        return next(iter(titles))
    found = _called(names, titles, column)
    if len(found) == 1:
        return found[0]
    shown = ", ".join(names[n] for n in titles) or ", ".join(name for name in names if name)
    if column is not None:
        said = f"{len(found) or 'no'} columns named {column}"
    elif titles:
        said = f"{len(titles)} columns that could take the grade"
    else:
        said = f"no column for the grade ({what})"
    raise UsageError(f"{sheet.where} has {said}. It has: {shown[:600]}.", "Name one with --column.")


def _called(names: Sequence[str], titles: Mapping[int, re.Match[str]], column: str | None) -> list[int]:
    """The columns of a name, or else with this title or number."""
    if column is None:
        return []
    exact = [n for n, name in enumerate(names) if name.casefold() == column.casefold()]
    return exact or [n for n, found in titles.items() if column in (found["title"], found.groupdict().get("id"))]


def _missing(sheet: Sheet, name: str, why: str) -> UsageError:
    shown = ", ".join(name for name in sheet.heading if name)[:600]
    return UsageError(f"{sheet.where} has no column {name} ({why}). It has: {shown}.", "Give the system's own export.")


def _number(text: str) -> Fraction | None:
    """A number whose last comma or point is the decimal one, as Canvas reads it."""
    head, mark, tail = text.strip().replace(",", ".").rpartition(".")
    plain = f"{head.replace('.', '')}{mark}{tail}"
    return Fraction(plain) if re.fullmatch(r"\d*\.?\d+", plain) else None
