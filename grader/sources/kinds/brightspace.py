"""Brightspace's download of an assignment's submissions: folders or files with a date, and an index.html.

    101768-164537 - Jane Doe - Oct 3, 2024 1159 PM/app.zip
    101768-164537 - Jane Doe - Oct 3, 2024 1159 PM - app.zip

As scripts of several universities take the names apart; D2L documents them nowhere. What the two numbers count is not
said either: they are taken together, so that two people never become one. Dates are in the language of the site.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from grader.frozen import dataclass
from grader.sources.kinds.dates import read_date
from grader.sources.kinds.reader import Gathering, Reading
from grader.sources.listing import Entry, Listing
from grader.sources.model import Attempt, Id, Person

_WORD = r"[^\W\d]{3,12}\.?"
_DAY = r"\d{1,2}[.,]?"
_DATE = rf"(?:{_WORD}\s{_DAY}|{_DAY}\s(?:de\s)?{_WORD},?)\s(?:de\s)?\d{{4}}"
_CLOCK = r",?\s(?:à\s|um\s|a las\s)?\d{1,2}[.:h]?\d{0,2}(?:\s?[AaPp]\.?\s?[Mm]\.?)?(?:\sUhr)?"
_NAME = re.compile(
    rf"(?P<ids>\d+-\d+)\s-\s(?P<name>.+?)\s?-\s(?P<date>{_DATE}{_CLOCK})(?:\s-\s(?P<file>.+))?", re.DOTALL
)


@dataclass(frozen=True)
class _Part:
    person: Person
    date: str
    file: str


def _parse(entry: Entry) -> _Part | None:
    found = _NAME.fullmatch(entry.name)
    if not found or not (entry.folder or found["file"]):
        return None
    person = Person(found["ids"], found["name"], ((Id.BRIGHTSPACE, found["ids"]),))
    return _Part(person, found["date"], found["file"] or "")


class Brightspace:
    """Brightspace."""

    title = "Brightspace"
    shape = "NUMBER-NUMBER - NAME - DATE"
    companions: tuple[str, ...] = ("index.html",)

    def fits(self, listing: Listing) -> Collection[str]:
        """What has two numbers, a name and a date."""
        return [entry.name for entry in listing.entries if _parse(entry)]

    def read(self, listing: Listing) -> Reading:
        """One attempt for each person and date."""
        gathering = Gathering()
        for entry in listing.entries:
            part = _parse(entry)
            if part is None:
                is_overview = entry.name.casefold() in self.companions
                gathering.leave_out(entry, "it is Brightspace's overview" if is_overview else "")
                continue
            date = read_date(part.date)
            when = date or f"?{part.date}"
            gathering.begin(part.person, when, submitted_at=date)
            gathering.add(part.person, entry.path, part.file, when, folder=entry.folder)
        reading = gathering.reading()
        return replace(reading, attempts=_told_apart(reading.attempts))


def _told_apart(attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """Nobody's latest attempt is guessed: where several are there, and a date cannot be read, all have a problem."""
    several = {attempt.person.key for attempt in attempts if attempt.number > 1}
    unclear = {a.person.key for a in attempts if not a.submitted_at} & several
    problem = "There are several attempts with dates that cannot be read, so that it is not known which is the latest."
    return tuple(replace(a, problem=problem) if a.person.key in unclear else a for a in attempts)
