"""Writes exports of every kind, in their systems' exact naming, for as many people as wanted.

    write_export(Kind.CANVAS, folder / "submissions.zip", people)    # a zip, as it is downloaded
    write_export(Kind.MOODLE, folder / "submissions", people)        # the same, unpacked

`people` is what each handed in, as `ExportedPerson`; `class_of(300, files)` makes as many as wanted. `packed` says
that what this person uploaded is one zip of the files.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from grader.sources import Kind

DUE = datetime(2024, 10, 3, 23, 59, 1)
ASSIGNMENT = "flask-lab"
GRADES = """assignment_name assignment_url starter_code_url github_username roster_identifier student_repository_name
    student_repository_url submission_timestamp points_awarded points_available"""
SCORES = """username first_name last_name email section score max_score datetime submission_tag submitted_by review_url
    late override"""
Files = dict[str, bytes]


@dataclass(frozen=True)
class ExportedPerson:
    """One person's work. `files` are paths and contents; `earlier` are attempts before this one, oldest first.

    `number` and `user` are what the system calls this person, `name` is in full. `typed`: a text or a link instead of
    files, where the system knows that.
    """

    name: str
    user: str
    number: int
    files: Mapping[str, bytes]
    late: bool = False
    packed: bool = True
    earlier: tuple[Mapping[str, bytes], ...] = ()
    typed: str = ""
    email: str = field(default="")

    @property
    def attempts(self) -> list[Mapping[str, bytes]]:
        return [*self.earlier, self.files]


def class_of(count: int, files: Callable[[int], Mapping[str, bytes]], **how) -> list[ExportedPerson]:
    """So many people with plain names; `files(n)` is what the one with number n hands in."""
    return [ExportedPerson(f"Student {n:04}", f"user{n:04}", 1000 + n, files(n), **how) for n in range(count)]


def write_export(kind: Kind, target: Path, people: Sequence[ExportedPerson], **how) -> Path:
    """Write an export to `target`: a zip where its name ends so, else a folder. `how` goes to the kind's own function.

    Gives what to hand to `find`: `target`.
    """
    files = dict(WRITERS[kind](people, **how))
    if target.suffix == ".zip":
        target.write_bytes(zipped(files))
    else:
        for name, data in files.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        target.mkdir(exist_ok=True)
    return target


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip, the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 10, 3, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def handed_in(person: ExportedPerson, files: Mapping[str, bytes], name: str = "lab.zip") -> Files:
    """What is uploaded where there are no folders: one zip, or the files without theirs."""
    if person.packed:
        return {name: zipped(files)}
    return {path.rpartition("/")[2]: data for path, data in files.items()}


def folder(people: Sequence[ExportedPerson], *, how: str = "folders") -> Iterator[tuple[str, bytes]]:
    for person in people:
        if how == "zips":
            yield f"{person.user}.zip", zipped(person.files)
        elif how == "programs":
            yield f"{person.user}.py", person.files["main.py"]
        else:
            yield from ((f"{person.user}/{path}", data) for path, data in person.files.items())


def canvas(
    people: Sequence[ExportedPerson], *, anonymous: bool = False, again: str = ""
) -> Iterator[tuple[str, bytes]]:
    """`again`: what Canvas puts before the ending of a file that was handed in before, such as "-1"."""
    for place, person in enumerate(people):
        first, _, last = person.name.rpartition(" ")
        name = re.sub(r"[^\w]+", "", f"{last}{first}").lower().replace("_", "")
        late = "LATE_" if person.late else ""
        start = f"{late}{anonymous_id(person)}" if anonymous else f"{name}_{late}{person.number}"
        if person.typed:
            yield f"{start}_{person.typed}.html", b"<p>typed</p>"
            continue
        for count, (path, data) in enumerate(handed_in(person, person.files).items()):
            stem, dot, ending = path.rpartition(".")
            yield f"{start}_{900_000 + place * 50 + count}_{stem}{again}{dot}{ending}", data


def anonymous_id(person: ExportedPerson) -> str:
    """Five characters of Bitcoin's alphabet, as Canvas has them."""
    letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, made = person.number, ""
    for _ in range(5):
        number, rest = divmod(number, len(letters))
        made += letters[rest]
    return f"anon_{made}"


def moodle(people: Sequence[ExportedPerson], *, flat: bool = False, old: bool = False) -> Iterator[tuple[str, bytes]]:
    """`flat`: without a folder for each person. `old`: as before Moodle 4.1."""
    for person in people:
        start = f"{person.name.replace('/', '')}_{person.number}_assignsubmission_"
        if person.typed:
            yield f"{start}onlinetext{'_' if flat else '/'}onlinetext.html", b"<p>typed</p>"
            continue
        if flat:
            yield from ((f"{start}file_{name}", data) for name, data in handed_in(person, person.files).items())
        else:
            files = {"lab.zip": zipped(person.files)} if person.packed else person.files
            yield from ((f"{start}file{'_' if old else ''}/{name}", data) for name, data in files.items())


def blackboard(people: Sequence[ExportedPerson], *, mangled: bool = False) -> Iterator[tuple[str, bytes]]:
    """`mangled`: files bear other names than their authors gave them; the .txt knows."""
    for person in people:
        for number, files in enumerate(person.attempts):
            when = DUE - timedelta(hours=len(person.attempts) - number)
            start = f"Lab 3_{person.user}_attempt_{when:%Y-%m-%d-%H-%M-%S}"
            uploaded = {} if person.typed else handed_in(person, files)
            names = {name: f"{start}_{f'upload{n}.' if mangled else ''}{name}" for n, name in enumerate(uploaded)}
            yield f"{start}.txt", _note(person, when, names)
            yield from ((names[name], data) for name, data in uploaded.items())


def _note(person: ExportedPerson, when: datetime, names: Mapping[str, str]) -> bytes:
    files = "".join(f"\tOriginal filename: {old}\r\n\tFilename: {new}\r\n" for old, new in names.items())
    return (
        f"Name: {person.name} ({person.user})\r\nAssignment: Lab 3\r\n"
        f"Date Submitted: {when:%A, %B %d, %Y %I:%M:%S %p} EDT\r\nCurrent Grade: Not Yet Graded\r\n\r\n"
        "Submission Field:\r\nThere is no student submission text data for this assignment.\r\n\r\n"
        f"Comments:\r\nThere are no student comments for this assignment.\r\n\r\nFiles:\r\n{files}"
    ).encode()


def brightspace(people: Sequence[ExportedPerson], *, flat: bool = False) -> Iterator[tuple[str, bytes]]:
    yield "index.html", b"<html><body>Flask lab</body></html>"
    for person in people:
        for number, files in enumerate(person.attempts):
            when = DUE - timedelta(hours=len(person.attempts) - number)
            date = f"{when:%b} {when.day}, {when.year} {when:%I%M}".replace(" 0", " ") + f" {when:%p}"
            start = f"{person.number}-164537 - {person.name} - {date}"
            for name, data in handed_in(person, files).items():
                yield f"{start}{' - ' if flat else '/'}{name}", data


def gradescope(people: Sequence[ExportedPerson], *, groups: int = 1) -> Iterator[tuple[str, bytes]]:
    """`groups`: so many people hand in together; the first one's files count."""
    metadata = "---\n"
    for place in range(0, len(people), groups):
        members = people[place : place + groups]
        name = f"submission_{700_000 + members[0].number}"
        metadata += f"{name}:\n  :submitters:\n"
        for person in members:
            metadata += f"  - :name: {_quoted(person.name)}\n    :sid: '{person.number}'\n"
            metadata += f"    :email: {_quoted(_email(person))}\n"
        metadata += (
            f"  :created_at: {DUE:%Y-%m-%d %H:%M:%S}.123456000 Z\n  :score: 0.0\n  :status: processed\n  :results: &r\n"
            "    tests: []\n    again: {}\n  :history:\n  - :created_at: 2001-01-01 00:00:00 Z\n    :submitters: []\n"
            "    :results: *r\n"
        )
        yield from ((f"assignment_4567_export/{name}/{path}", data) for path, data in members[0].files.items())
    yield "assignment_4567_export/submission_metadata.yml", metadata.encode()


def _email(person: ExportedPerson) -> str:
    return person.email or f"{person.user}@example.edu"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def github_classroom(people: Sequence[ExportedPerson], *, grades: bool = False) -> Iterator[tuple[str, bytes]]:
    around = f"{ASSIGNMENT}-submissions"
    for person in people:
        repository = f"{around}/{ASSIGNMENT}-{person.user}"
        yield f"{repository}/.git/HEAD", b"ref: refs/heads/main\n"
        yield from ((f"{repository}/{path}", data) for path, data in person.files.items())
    if grades:
        rows = [
            ["Flask lab", "", "", p.user, p.name, f"{ASSIGNMENT}-{p.user}", "", "2024-10-03 23:59:01 UTC", "0", "100"]
            for p in people
        ]
        yield f"{around}/grades.csv", table([GRADES.split(), *rows])


def classroom50(people: Sequence[ExportedPerson]) -> Iterator[tuple[str, bytes]]:
    around = f"web-{ASSIGNMENT}_submissions_2024_10_04_T_08_00_00"
    rows = [SCORES.split()]
    for person in people:
        repository = f"{around}/web-{ASSIGNMENT}-{person.user.lower()}"
        yield f"{repository}/.git/HEAD", b"ref: refs/heads/main\n"
        yield f"{repository}/.classroom50.yaml", b"classroom: web\n"
        yield f"{repository}/result.json", b"{}"
        yield f"{repository}/results.json", b"[]"
        yield from ((f"{repository}/{path}", data) for path, data in person.files.items())
        first, _, last = person.name.rpartition(" ")
        late = "true" if person.late else "false"
        scored = ["0", "100", f"{DUE.isoformat()}Z", "submit/1", "", "", late, ""]
        rows.append([person.user, first, last, _email(person), "", *scored])
    yield f"{around}/scores.csv", table(rows)


def replit(people: Sequence[ExportedPerson]) -> Iterator[tuple[str, bytes]]:
    for person in people:
        files = {".replit": b'run = "python main.py"\n', "replit.nix": b"{}\n", ".cache/x": b"x", **person.files}
        if person.packed:
            yield f"{person.user}.zip", zipped(files)
        else:
            yield from ((f"{person.user}/{path}", data) for path, data in files.items())


def table(rows: Sequence[Sequence[str]], separator: str = ",") -> bytes:
    """A CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


WRITERS: dict[Kind, Callable[..., Iterator[tuple[str, bytes]]]] = {
    Kind.FOLDER: folder,
    Kind.CANVAS: canvas,
    Kind.MOODLE: moodle,
    Kind.BLACKBOARD: blackboard,
    Kind.BRIGHTSPACE: brightspace,
    Kind.GRADESCOPE: gradescope,
    Kind.GITHUB_CLASSROOM: github_classroom,
    Kind.CLASSROOM50: classroom50,
    Kind.REPLIT: replit,
}
