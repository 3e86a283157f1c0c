"""Server time of each page of the web application, with 1,000 submissions in the course.

    python benchmarks/web.py [--students N] [--attempts N] [--rounds N] [--most MS]

Fills a course with students (200) who handed in several times (5), each with a real grading of a lab, and asks for
every page as a student, as an instructor and as an admin, in this process: what is printed is what the server takes,
without network and browser. CPU is the median of what it computes, the same on a machine that has other work. Ends with
status 1 where a page computes longer than --most (150 ms) at the median, or is not there.

Pages are those of `PAGES`; a part of the application adds its own.
"""

from __future__ import annotations

import argparse
import io
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from grader.courses import gradings, uploads
from grader.courses.database import Database, url_in
from grader.courses.packing import Sent
from grader.courses.tables import (
    Assignment,
    Attempt,
    Course,
    Enrolment,
    Grading,
    Import,
    Job,
    JobState,
    Role,
    RubricVersion,
    User,
)
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Kept, Rubric
from grader.pipeline import How, grade_kept
from grader.rubric import load_rubric
from grader.store.tables import now
from grader.web import session as sessions
from grader.web.app import create_app
from grader.web.settings import Settings

LAB = ROOT / "rubrics" / "flask-lab.yaml"
ASSIGNMENTS = 4  # of the course; the others are empty


@dataclass(frozen=True)
class Keys:
    """What addresses are made of. `attempt` and `earlier` are of the student who asks."""

    course: str
    assignment: str
    attempt: str
    earlier: str
    person: str  # who asks, as a student
    exchange: str  # a request of theirs
    reading: str  # the export with all that was handed in


LOGINS = {"student": "student0", "teacher": "teacher", "admin": "admin"}
# Who asks (student, teacher, admin), and for what.
PAGES = [
    ("student", "/"),
    ("student", "/courses/{course}"),
    ("student", "/assignments/{assignment}"),
    ("student", "/attempts/{attempt}"),
    ("student", "/attempts/{earlier}/compare/{attempt}"),
    ("student", "/attempts/{attempt}/report.json"),
    ("student", "/attempts/{attempt}/progress"),
    ("student", "/attempts/{attempt}/page/{exchange}"),
    ("student", "/attempts/{attempt}/files"),
    ("student", "/account"),
    ("student", "/account/tokens"),
    ("student", "/api/v1/courses"),
    ("student", "/api/v1/assignments/{assignment}"),
    ("student", "/api/v1/assignments/{assignment}/submissions"),
    ("student", "/api/v1/submissions/{attempt}"),
    ("student", "/api/v1/submissions/{attempt}/report"),
    ("teacher", "/"),
    ("teacher", "/courses/{course}"),
    ("teacher", "/courses/{course}/people"),
    ("teacher", "/courses/{course}/edit"),
    ("teacher", "/courses/{course}/assignments/new"),
    ("teacher", "/assignments/{assignment}?as=student"),
    ("teacher", "/assignments/{assignment}/edit"),
    ("teacher", "/assignments/{assignment}/gradebook"),
    ("teacher", "/assignments/{assignment}/gradebook?q=student1&sort=total"),
    ("teacher", "/assignments/{assignment}/statistics"),
    ("teacher", "/assignments/{assignment}/import"),
    ("teacher", "/imports/{reading}"),
    ("teacher", "/imports/{reading}/state?rows=0,1,2,3,4,5,6,7,8,9"),
    ("teacher", "/assignments/{assignment}/regrade"),
    ("teacher", "/assignments/{assignment}/release"),
    ("teacher", "/assignments/{assignment}/export"),
    ("teacher", "/assignments/{assignment}/rubric"),
    ("teacher", "/assignments/{assignment}/rubric/versions/1"),
    ("teacher", "/assignments/{assignment}/people/{person}"),
    ("teacher", "/attempts/{attempt}"),
    ("teacher", "/attempts/{earlier}/compare/{attempt}"),
    ("teacher", "/api/v1/courses/{course}/assignments"),
    ("teacher", "/api/v1/assignments/{assignment}/submissions"),
    ("teacher", "/api/v1/assignments/{assignment}/gradebook"),
    ("admin", "/"),
    ("admin", "/courses/{course}"),
    ("admin", "/admin/users"),
    ("admin", "/admin/users?q=student1"),
    ("admin", "/admin/users/{person}"),
    ("admin", "/admin/audit"),
]
# What a form sends, and changes nothing (but the audit log).
FORMS = [
    ("teacher", "/assignments/{assignment}/export", {"target": "csv", "do": "preview"}),
    ("teacher", "/assignments/{assignment}/export", {"target": "xlsx", "do": "download"}),
    ("teacher", "/assignments/{assignment}/rubric/check", {"text": LAB.read_text("utf-8")}),
]


def main() -> int:
    """Fill, ask, print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder:
        data = Path(folder)
        database = Database.open(url_in(data))
        begun = time.perf_counter()
        keys = fill(database, data, options.students, options.attempts)
        total = options.students * options.attempts
        print(f"{total} attempts of {options.students} students, filled in {time.perf_counter() - begun:.1f} s\n")
        app = create_app(Settings(data, url_in(data), b"benchmark"), database)
        slow = list(measure(app, database, keys, options.rounds, options.most))
        database.close()
    print(f"\n{'longer than' if slow else 'none longer than'} {options.most:.0f} ms: {', '.join(slow) or 'none'}")
    return 1 if slow else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--attempts", type=int, default=5, help="of each student")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--most", type=float, default=150, help="milliseconds")
    return parser.parse_args()


# ---------------------------------------------------------------------------------------------------------------- fill


def fill(database: Database, data: Path, students: int, attempts: int) -> Keys:
    """A course as it is at the end of a term."""
    rubric = load_rubric("flask-lab")
    text = LAB.read_text("utf-8")
    kept = list(_graded(rubric, data))
    values = [dict(gradings.prepared(one, rubric)) for one in kept]
    works = [_kept(data, database, number) for number in range(2)]
    with database.writing() as db:
        people = [User(login=f"student{n}", name=f"Student {n}") for n in range(students)]
        teacher = User(login="teacher", name="Teacher", role=Role.INSTRUCTOR.value)
        admin = User(login="admin", name="Admin", role=Role.ADMIN.value)
        course = Course(title="Networks")
        db.add_all([*people, teacher, admin, course])
        db.flush()
        db.add(Enrolment(user_id=teacher.id, course_id=course.id, role=Role.INSTRUCTOR.value))
        db.add_all(Enrolment(user_id=one.id, course_id=course.id) for one in people)
        labs = [Assignment(course_id=course.id, title=f"Lab {n}", due=now()) for n in range(ASSIGNMENTS)]
        db.add_all(labs)
        db.flush()
        versions = [RubricVersion(assignment_id=lab.id, number=1, text=text, sha256=rubric.sha256) for lab in labs]
        db.add_all(versions)
        db.flush()
        read = Import(assignment_id=labs[0].id, by_id=teacher.id, filename="class.zip", kind="canvas", state="done")
        db.add(read)
        db.flush()
        made = [
            Attempt(
                import_id=read.id,
                assignment_id=labs[0].id,
                user_id=person.id,
                number=number,
                upload_id=works[number % 2],
                filename="lab.zip",
                submitted=now() - timedelta(hours=attempts - number),
                late_seconds=3600.0 if number == attempts else 0.0,
            )
            for person in people
            for number in range(1, attempts + 1)
        ]
        db.add_all(made)
        db.flush()
        base = {"rubric_id": versions[0].id, "import_id": read.id, "state": JobState.DONE.value}
        jobs = [Job(attempt_id=one.id, started=now(), finished=now(), **base) for one in made]
        db.add_all(jobs)
        entry = {"file": "lab.zip", "name": "Student", "by": "login", "note": ""}
        read.mapping = [{**entry, "number": one.number, "attempt": one.key} for one in made]
        db.flush()
        db.add_all(
            Grading(attempt_id=one.id, job_id=job.id, rubric_id=versions[0].id, **values[one.number % 2])
            for one, job in zip(made, jobs, strict=True)
        )
        exchange = next(iter(kept[attempts % 2].report.exchanges)).id
        last, earlier = made[attempts - 1].key, made[attempts - 2].key
        return Keys(course.key, labs[0].key, last, earlier, people[0].key, exchange, read.key)


def _graded(rubric: Rubric, data: Path) -> Iterator[Kept]:
    """The finished lab, and one that lost some points."""
    with Launcher(_warm(rubric)) as launcher:
        yield grade_kept(ROOT / "student_app", rubric, launcher, How())
        broken = data / "broken"
        (broken / "templates").mkdir(parents=True)
        source = (ROOT / "student_app" / "main.py").read_text()
        (broken / "main.py").write_text(source.replace("2000", "1000"))
        (broken / "templates" / "base.html").write_text("<h2>The number is {{ number }}</h2>\n")
        yield grade_kept(broken, rubric, launcher, How())


def _warm(rubric: Rubric) -> WarmInterpreter:
    warm = WarmInterpreter()
    warm.load(rubric.packages)
    return warm


def _kept(data: Path, database: Database, number: int) -> int:
    """A work in its place."""
    files = []
    for path in sorted((ROOT / "student_app").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes().replace(b"2000", b"1000") if number else path.read_bytes()
            files.append(Sent(str(path.relative_to(ROOT)), io.BytesIO(content)))
    quota = uploads.Quota(1 << 40, 1 << 40)
    with uploads.received(data, files, 1 << 30) as file, database.writing() as db:
        return uploads.keep(db, data, file, quota, None).id


# ------------------------------------------------------------------------------------------------------------- measure


def measure(app: Flask, database: Database, keys: Keys, rounds: int, most: float) -> Iterator[str]:
    """A line for each page; those that are too slow come back."""
    clients = {who: client_of(app, database, login) for who, login in LOGINS.items()}
    print(f"{'median':>8} {'worst':>8} {'CPU':>8} {'bytes':>9} {'queries':>7}  page")
    for who, page, form in asked():
        client, path = clients[who], page.format(**keys.__dict__)
        token = token_of(client) if form else ""
        times, used, counted = [], [], count_queries(database)
        for _ in range(rounds + 1):
            counted.clear()
            begun, worked = time.perf_counter(), time.thread_time()
            answer = ask(client, path, form, token)
            times.append((time.perf_counter() - begun) * 1000)
            used.append((time.thread_time() - worked) * 1000)
            size = len(answer.data)
            answer.close()
        median, worst = statistics.median(times[1:]), max(times[1:])  # the first one compiles templates
        computes = statistics.median(used[1:])
        name = f"{who}: {page}{' ' + str(form.get('target', 'POST')) if form else ''}"
        if answer.status_code != 200:
            print(f"{answer.status_code:>44}  {name}")
            yield name
            continue
        print(f"{median:>8.1f} {worst:>8.1f} {computes:>8.1f} {size:>9} {len(counted):>7}  {name}")
        if computes > most:
            yield name


def asked() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Who asks, for what, and what they send."""
    for who, page in PAGES:
        yield who, page, {}
    yield from FORMS


def count_queries(database: Database) -> list[str]:
    """What the database is asked from now on."""
    told: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: told.append(said[2]))
    return told


def ask(client: FlaskClient, path: str, form: dict[str, str], token: str) -> TestResponse:
    """A page; where there is a form, what it leads to."""
    return client.post(path, data={"csrf_token": token, **form}) if form else client.get(path)


def token_of(client: FlaskClient) -> str:
    """What has to be sent with a form."""
    found = re.search('name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert found is not None
    return found[1]


def client_of(app: Flask, database: Database, login: str) -> FlaskClient:
    """Signed in as somebody."""
    with database.reading() as db:
        user = db.scalars(select(User).where(User.login == login)).one()
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(sessions.marks(user))
        session.permanent = True
    return client


if __name__ == "__main__":
    sys.exit(main())
