"""A class that hands in at the last minute: uploads by HTTP to `grade serve` with its worker, and pages meanwhile.

    python benchmarks/load.py [--uploads N] [--seconds S] [--most MS] [--database URL]

Starts `grade serve` on an empty folder, signs a class in, and lets each hand in a small lab, evenly within so many
seconds (60 in 10), while others ask for the pages of an assignment, an attempt, a course and the gradebook, one after
the other, until everything is graded. Prints how long pages took, and ends with status 1 where an upload was lost,
doubled or not graded, or a page took longer than --most (1000 ms).
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import requests
from sqlalchemy import select

from grader.courses import rubrics
from grader.courses.database import Database, url_in
from grader.courses.tables import Assignment, Attempt, Course, Enrolment, Grading, Job, JobState, Role, User
from grader.web import session as sessions
from grader.web.app import create_app
from grader.web.settings import Settings
from tests.small_lab import app, rubric

TEACHER = "teacher"
_PATIENCE = 600  # seconds for everything to be graded
_TOKEN, _ONCE = (re.compile(rf'name="{name}" value="([^"]+)"') for name in ("csrf_token", "once"))


@dataclass
class Seen:
    """What happened. `pages`: milliseconds of each; `sent`: address of the attempt of each who handed in."""

    pages: dict[str, list[float]] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    uploads: list[float] = field(default_factory=list)  # milliseconds
    seconds: float = 0.0  # until the last one was graded


class Class:
    """People of a course with one assignment, and how they get in."""

    def __init__(self, data: Path, url: str, people: int) -> None:
        self.data, self.url = data, url
        self.students = [f"student{number}" for number in range(people)]
        self.database = Database.open(url)
        with self.database.writing() as db:
            course = Course(title="Networks")
            users = {login: User(login=login, name=login.title()) for login in (*self.students, TEACHER)}
            users[TEACHER].role = Role.INSTRUCTOR.value
            db.add_all([course, *users.values()])
            db.flush()
            roles = {TEACHER: Role.INSTRUCTOR.value}
            for login, user in users.items():
                role = roles.get(login, Role.STUDENT.value)
                db.add(Enrolment(user_id=user.id, course_id=course.id, role=role))
            lab = Assignment(course_id=course.id, title="The lab")
            db.add(lab)
            db.flush()
            rubrics.save(db, lab, rubric("{}"), author=None)
            self.course, self.lab = f"/courses/{course.key}", f"/assignments/{lab.key}"

    def cookies(self, secret: bytes) -> dict[str, str]:
        """Of everybody, signed in: passwords take long on purpose, which is not what is measured."""
        application, found = create_app(Settings(self.data, self.url, secret), self.database), {}
        with self.database.reading() as db:
            users = db.scalars(select(User)).all()
        for user in users:
            client = application.test_client()
            with client.session_transaction() as session:
                session.update(sessions.marks(user))
                session.permanent = True
            cookie = client.get_cookie("grade")
            assert cookie is not None
            found[user.login or ""] = cookie.value
        return found

    def outcomes(self) -> tuple[Counter[str], dict[str, list[str]]]:
        """States of jobs, and for each login the scores of all their gradings."""
        with self.database.reading() as db:
            states = Counter(db.scalars(select(Job.state)))
            scores: dict[str, list[str]] = {}
            rows = select(User.login, Attempt.id).join(Attempt, Attempt.user_id == User.id)
            for login, attempt in db.execute(rows).all():
                given = db.scalars(select(Grading.score).where(Grading.attempt_id == attempt)).all()
                scores.setdefault(login or "", []).append(",".join(map(str, given)))
        return states, scores


@contextmanager
def serving(data: Path, url: str) -> Iterator[str]:
    """`grade serve` as somebody starts it; its address."""
    command = [sys.executable, "-m", "grader", "serve", "--data", str(data), "--port", "0", "--no-browser"]
    told = {} if url == url_in(data) else {"GRADE_DATABASE": url}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **told})
    assert process.stdout is not None
    try:
        yield process.stdout.readline().partition("/enter")[0]
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def run(data: Path, url: str, uploads: int, seconds: float) -> tuple[Seen, Class]:
    """All of it. Close the class's database in the end."""
    secret = secrets.token_urlsafe(48)
    (data / "secret.key").touch(0o600)
    (data / "secret.key").write_text(secret)
    people, seen, over = Class(data, url, uploads), Seen(), threading.Event()
    cookies = people.cookies(secret.encode())
    with serving(data, url) as address, ThreadPoolExecutor(uploads + 4) as pool:
        begun = time.monotonic()
        lookers = [pool.submit(_look, address, people, cookies, seen, over, at) for at in range(4)]
        senders = [
            pool.submit(_send, address, people, login, cookies[login], seen, begun + seconds * at / uploads)
            for at, login in enumerate(people.students)
        ]
        try:
            for one in senders:
                one.result()
            _wait(people, begun)
            seen.seconds = time.monotonic() - begun
        finally:
            over.set()
        for one in lookers:
            one.result()
    return seen, people


def _send(address: str, people: Class, login: str, cookie: str, seen: Seen, at: float) -> None:
    """By the form, as a browser does. Whose number is odd says something wrong."""
    browser = _browser(cookie)
    time.sleep(max(0.0, at - time.monotonic()))
    page = _asked(browser, address, people.lab, "assignment", seen)
    token, once = _TOKEN.search(page), _ONCE.search(page)
    if token is None or once is None:
        seen.wrong.append(f"{login} found no form")
        return
    words = "hello" if expected(login) == "10" else "bye"
    files = {"files": ("main.py", f"{app(words)}\n# by {login}\n")}
    form = {"csrf_token": token[1], "once": once[1]}
    begun = time.perf_counter()
    answer = browser.post(f"{address}{people.lab}/hand-in", data=form, files=files, timeout=60, allow_redirects=False)
    seen.uploads.append((time.perf_counter() - begun) * 1000)
    if answer.status_code != 303:
        seen.wrong.append(f"{login} was told {answer.status_code}")
        return
    seen.sent[login] = answer.headers["Location"]
    _asked(browser, address, seen.sent[login], "attempt", seen)


def _browser(cookie: str) -> requests.Session:
    made = requests.Session()
    made.cookies.set("grade", cookie, domain="127.0.0.1", path="/")  # one that the server's next one takes the place of
    return made


def expected(login: str) -> str:
    """The score of whoever that is."""
    return "4" if int(login.removeprefix("student")) % 2 else "10"


def _look(address: str, people: Class, cookies: dict[str, str], seen: Seen, over: threading.Event, at: int) -> None:
    """A student who looks again and again; the first of them is who teaches."""
    login = people.students[at] if at else TEACHER
    browser = _browser(cookies[login])
    while not over.wait(0.2):
        _asked(browser, address, people.course, "course", seen)
        if login == TEACHER:
            _asked(browser, address, f"{people.lab}/gradebook", "gradebook", seen)
        else:
            _asked(browser, address, people.lab, "assignment", seen)
            if login in seen.sent:
                _asked(browser, address, seen.sent[login], "attempt", seen)


def _asked(browser: requests.Session, address: str, path: str, name: str, seen: Seen) -> str:
    begun = time.perf_counter()
    answer = browser.get(address + path, timeout=60)
    seen.pages.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
    if answer.status_code != 200:
        seen.wrong.append(f"{name} answered {answer.status_code}")
    return answer.text


def _wait(people: Class, begun: float) -> None:
    """Until nothing waits and nothing is graded."""
    under_way = {JobState.QUEUED.value, JobState.RUNNING.value}
    while under_way & set(people.outcomes()[0]) and time.monotonic() - begun < _PATIENCE:
        time.sleep(0.5)


def faults(seen: Seen, people: Class) -> list[str]:
    """What was lost, doubled, not graded, or graded wrongly."""
    states, scores = people.outcomes()
    found = list(seen.wrong)
    found += [f"jobs that are {state}: {count}" for state, count in states.items() if state != JobState.DONE.value]
    for login in people.students:
        if (have := scores.get(login, [])) != [expected(login)]:
            found.append(f"{login}: {have} instead of {expected(login)}")
    return found


def main() -> int:
    """Load it, print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-load-") as folder:
        data = Path(folder)
        seen, people = run(data, options.database or url_in(data), options.uploads, options.seconds)
        found = faults(seen, people)
        people.database.close()
    print(f"{len(seen.sent)} uploads in {options.seconds:g} s, all graded after {seen.seconds:.1f} s\n")
    print(f"{'asked':>6} {'median':>8} {'95 %':>8} {'worst':>8}  milliseconds of")
    for name, times in [("upload", seen.uploads), *sorted(seen.pages.items())]:
        print(f"{len(times):>6} {statistics.median(times):>8.0f} {_high(times):>8.0f} {max(times):>8.0f}  {name}")
    found += [
        f"{name} took longer than {options.most:g} ms" for name, all in seen.pages.items() if max(all) > options.most
    ]
    print("\n" + ("\n".join(found) or "Nothing was lost, doubled or left ungraded, and no page was slow."))
    return 1 if found else 0


def _high(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)] if len(times) > 1 else times[0]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--most", type=float, default=1000, help="milliseconds")
    parser.add_argument("--database", help="an empty one, instead of a file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
