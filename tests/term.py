"""A department at the end of a term: forty people of all scripts, real gradings, and works in every state.

with Department(folder, LAB) as …:
    term = fill(department, results)       # results: what `graded` made
    for asked in term.pages(department.app): browser.goto(asked.path) as asked.login
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from grader.courses import accounts, gradings, progress, rubrics
from grader.courses.access import Viewer
from grader.courses.audit import note
from grader.courses.tables import (
    Assignment,
    Attempt,
    Course,
    Enrolment,
    Grading,
    GradingState,
    Import,
    Job,
    JobKind,
    JobState,
    Override,
    Role,
    RubricVersion,
    Shown,
    Token,
    User,
)
from grader.errors import NotGradableError, UngradedError
from grader.launch.launcher import Launcher
from grader.model import Kept, Rubric
from grader.pipeline import How, grade_kept, not_gradable, ungraded
from grader.store.tables import now
from tests.department import Department
from tests.queued import attempt

ROOT = Path(__file__).resolve().parent.parent
LAB = (ROOT / "rubrics/flask-lab.yaml").read_text("utf-8")
APPS = ("heading-misspelt", "crash-in-view", "template-missing")
NAMES = (
    "María de los Ángeles Fernández-Montesinos y García de Quevedo",
    "عبد الرحمن محمد الخوارزمي",
    "יהודה בן־שמואל הלוי",
    "Владислав Всеволодович Преображенский-Краснощёков",
    "王小明",
    "สมชาย ศรีสุวรรณภูมิเทวราช",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamter",
    "பிரியதர்ஷினி சுப்பிரமணியன்",
    "O'Neill-D'Angelo, Seán",
    "Ng",
)
LONG = "Laboratory 7: web engineering with Flask, templates, forms, sessions and everything else about servers"


def graded(lab: Rubric, launcher: Launcher, apps: tuple[str, ...] = APPS) -> dict[str, Kept]:
    """Real results: of a finished lab, of broken ones, of nothing; and one that failed by the grader's own fault."""
    works = {"finished": ROOT / "student_app", **{name: ROOT / "tests/apps" / name for name in apps}}
    made = {name: grade_kept(path, lab, launcher, How()) for name, path in works.items()}
    made["ungraded"] = Kept(ungraded("lab", lab, UngradedError("The sandbox broke.", "Grade it again.")))
    made["nothing"] = Kept(not_gradable("lab", lab, NotGradableError("lab holds no Python file.", "Hand one in.")))
    return made


@dataclass(frozen=True)
class Asked:
    """A page and who looks at it; `role` is that of the one whose page it is."""

    name: str
    login: str
    path: str
    status: int = 200


@dataclass
class Term:
    """What addresses are made of: `keys` by the start of a path, then by the name in the rule."""

    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: list[Asked] = field(default_factory=list)

    def pages(self, app: Flask) -> Iterator[Asked]:
        """Every rule that GET reaches, and `more`: the same page in its other states."""
        for rule in sorted(app.url_map.iter_rules(), key=str):
            if "GET" in (rule.methods or ()) and rule.endpoint != "static" and not rule.rule.startswith("/api/"):
                yield Asked(rule.endpoint, _who(rule), self._path(rule))
        yield from self.more

    def add(self, name: str, login: str, path: str, status: int = 200) -> None:
        """A page in one more state."""
        self.more.append(Asked(name, login, path, status))

    def _path(self, rule: Rule) -> str:
        start = rule.rule.split("<")[0]
        path = rule.rule
        for name in rule.arguments:
            assert name in self.keys.get(start, {}), f"{rule}: say in tests/term.py what {name} is, so that it is seen"
            for form in (f"<{name}>", f"<int:{name}>"):
                path = path.replace(form, str(self.keys[start][name]))
        return path


def _who(rule: Rule) -> str:
    if rule.endpoint.startswith(("account.", "entering.", "oidc.")):
        return ""
    return "ada" if rule.endpoint.startswith("admin.") else "ines"


def fill(department: Department, results: Mapping[str, Kept]) -> Term:
    """Fill it, and say what there is to be seen."""
    term = Term()
    with department.database.writing() as db:
        course = db.scalars(select(Course).where(Course.key == department.course)).one()
        lab = db.scalars(select(Assignment)).one()
        course.title, lab.title = "Web engineering", LONG
        empty = Course(title="Distributed systems, operating systems and networks of the winter of 2026 and later")
        db.add(empty)
        db.flush()
        teacher = department.user("ines")
        accounts.create_user(db, "nora", NAMES[1], Role.STUDENT)
        db.add(Enrolment(user_id=teacher.id, course_id=empty.id, role=Role.INSTRUCTOR.value))
        people = list(_people(db, course))
        states = _of_class(db, department, lab, people, results)
        own = _of_sam(db, department, lab, results)
        read = _import(db, lab, teacher, states)
        trial = _trial(db, states["finished"], results["finished"], lab)
        rubrics.save(db, lab, LAB + "\n", author=teacher.id, note="A line at the end, for " + NAMES[6])
        others = list(_assignments(db, course))
        _beside(db, teacher, lab, people)
        address = {"key": lab.key, "user": people[0].key, "number": 2, "job": trial.key}
        exchange = next(iter(results["heading-misspelt"].report.exchanges)).id
        term.keys = {
            "/assignments/": address,
            "/attempts/": {"key": own["broken"].key, "other": own["finished"].key, "exchange": exchange},
            "/courses/": {"key": course.key},
            "/imports/": {"key": read.key},
            "/admin/users/": {"key": people[0].key},
        }
        _states_of_pages(term, lab, own, states, others, empty, read)
    return term


def _people(db: Session, course: Course) -> Iterator[User]:
    for number in range(40):
        name = NAMES[number % len(NAMES)] + (f" {number // len(NAMES) + 1}" if number >= len(NAMES) else "")
        user = User(login=f"student{number:02}@informatik.example.edu" if number % 4 else None, name=name)
        db.add(user)
        db.flush()
        db.add(Enrolment(user_id=user.id, course_id=course.id, ids={"sis_id": f"s{number:07}"}))
        yield user


def _graded(db: Session, made: Attempt, result: Kept, state: GradingState = GradingState.CURRENT) -> Grading:
    version = made.assignment.versions[-1]
    values = gradings.prepared(result, rubrics.parse(version.text))
    grading = Grading(attempt_id=made.id, rubric_id=version.id, state=state.value, **values)
    db.add(grading)
    db.flush()
    return grading


def _handed_in(db: Session, department: Department, lab: Assignment, user: User, number: int, **values: Any) -> Attempt:
    files = {"main.py": f"print({user.id})\n", "templates/base.html": f"<h1>{number}</h1>\n"}
    made = attempt(db, department.settings.data, "sam", files)
    made.user_id, made.number, made.assignment_id = user.id, number, lab.id
    for name, value in values.items():
        setattr(made, name, value)
    db.flush()
    db.refresh(made)
    return made


def _of_class(
    db: Session, department: Department, lab: Assignment, people: list[User], results: Mapping[str, Kept]
) -> dict[str, Attempt]:
    """The last six of the class handed in nothing."""
    found: dict[str, Attempt] = {}
    kinds = list(results)
    for place, user in enumerate(people[:34]):
        kind = kinds[place % len(kinds)] if place < 30 else ("queued", "running", "failed", "cancelled")[place - 30]
        made = _handed_in(
            db, department, lab, user, 1, late_seconds=90_000.0 if place % 3 == 1 else 0.0, filename=f"{user.name}.zip"
        )
        if kind in results:
            _graded(db, made, results[kind])
            if kind == "finished" and place > 6:
                _graded(db, made, results["heading-misspelt"], GradingState.PROPOSED)
        else:
            _job(db, made, kind)
        found.setdefault(kind, made)
    by = department.user("ines").id
    why = "Shown in class; " + "a long reason " * 6
    db.add(Override(attempt_id=found["crash-in-view"].id, check="", points="55", reason=why, by_id=by))
    return found


def _job(db: Session, made: Attempt, state: str) -> Job:
    job = Job(attempt_id=made.id, rubric_id=made.assignment.versions[-1].id, state=state)
    job.started = None if state == "queued" else now()
    job.worker, job.lease = ("worker", now() + timedelta(hours=9)) if state == "running" else (None, None)
    job.reason = "The machine had no memory left." if state == "failed" else ""
    db.add(job)
    db.flush()
    progress.note_state(db, job)
    return job


def _of_sam(db: Session, department: Department, lab: Assignment, results: Mapping[str, Kept]) -> dict[str, Attempt]:
    """Five attempts of one who comes back: broken, finished, not gradable, ungraded, running."""
    sam = department.user("sam")
    found: dict[str, Attempt] = {}
    kinds = {"broken": "heading-misspelt", "finished": "finished", "nothing": "nothing", "ungraded": "ungraded"}
    for number, (name, kind) in enumerate(kinds.items(), 1):
        found[name] = _handed_in(db, department, lab, sam, number, submitted=now() - timedelta(hours=9 - number))
        _graded(db, found[name], results[kind])
    found["running"] = _handed_in(db, department, lab, sam, 5)
    _job(db, found["running"], "running")
    return found


def _import(db: Session, lab: Assignment, teacher: User, states: Mapping[str, Attempt]) -> Import:
    read = Import(assignment_id=lab.id, by_id=teacher.id, filename="submissions of all groups.zip", kind="canvas")
    read.state, read.told = "grading", ["Canvas: 34 people, one file left out."]
    read.left_out = [["__MACOSX/._lab.zip", "of the system"]]
    db.add(read)
    db.flush()
    for made in states.values():
        made.import_id = read.id
        db.add(Job(attempt_id=made.id, state=JobState.DONE.value, import_id=read.id)) if made.gradings else None
        for job in made.jobs:
            job.import_id = read.id
    read.mapping = [
        {"file": "lab_4711.zip", "name": one.user.name, "by": "login", "note": "", "number": 1, "attempt": one.key}
        for one in states.values()
    ]
    db.flush()
    return read


def _trial(db: Session, made: Attempt, result: Kept, lab: Assignment) -> Job:
    job = Job(attempt_id=made.id, rubric_text=LAB, kind=JobKind.TRIAL.value, state=JobState.DONE.value)
    job.by_id = db.scalars(select(User.id).where(User.login == "ines")).one()
    db.add(job)
    db.flush()
    values = gradings.prepared(result, rubrics.parse(LAB))
    db.add(Grading(attempt_id=made.id, job_id=job.id, state=GradingState.TRIAL.value, **values))
    return job


def _assignments(db: Session, course: Course) -> Iterator[Assignment]:
    """Open, closed, not open yet, without a rubric, and one whose results wait."""
    for title, values in (
        ("Open, nothing handed in", {"due": now() + timedelta(days=2), "most_attempts": 3}),
        ("Closed", {"due": now() - timedelta(days=9), "closes": now() - timedelta(days=2)}),
        ("Not open yet", {"opens": now() + timedelta(days=30)}),
        ("Without a rubric", {}),
        ("Scores on release", {"show_scores": Shown.ON_RELEASE.value}),
    ):
        made = Assignment(course_id=course.id, title=title, **values)
        db.add(made)
        db.flush()
        if title != "Without a rubric":
            db.add(RubricVersion(assignment_id=made.id, number=1, text=LAB, sha256=made.key))
        yield made


def _beside(db: Session, teacher: User, lab: Assignment, people: list[User]) -> None:
    viewer = Viewer(teacher.id, teacher.key, teacher.name, Role(teacher.role))
    for number in range(70):
        note(db, viewer, "points.give", f"attempt:{people[number % 34].key}", {"check": "heading", "reason": NAMES[0]})
    for label, days in (("my course's script", 30), ("a laptop", -1), (NAMES[6], None)):
        ends = None if days is None else now() + timedelta(days=days)
        db.add(Token(user_id=teacher.id, label=label, sha256=label, expires=ends))


def _states_of_pages(
    term: Term,
    lab: Assignment,
    own: Mapping[str, Attempt],
    states: Mapping[str, Attempt],
    others: list[Assignment],
    empty: Course,
    read: Import,
) -> None:
    term.add("courses of a student", "sam", "/")
    term.add("courses, none", "nora", "/")
    term.add("course of a student", "sam", f"/courses/{lab.course.key}")
    term.add("course without an assignment", "ines", f"/courses/{empty.key}")
    term.add("people, none but one", "ines", f"/courses/{empty.key}/people")
    term.add("assignment of a student", "sam", f"/assignments/{lab.key}")
    term.add("assignment as students see it", "ines", f"/assignments/{lab.key}?as=student")
    for other in others:
        term.add(f"student: {other.title}", "sam", f"/assignments/{other.key}")
    for page in ("gradebook", "statistics", "export", "import", "rubric", "release", "regrade"):
        term.add(f"{page}, nothing there", "ines", f"/assignments/{others[3].key}/{page}")
    for name, one in own.items():
        term.add(f"attempt {name}", "sam", f"/attempts/{one.key}")
    for name, one in states.items():
        term.add(f"teacher: attempt {name}", "ines", f"/attempts/{one.key}")
    term.add("comparison", "sam", f"/attempts/{own['broken'].key}/compare/{own['finished'].key}")
    person = f"/assignments/{lab.key}/people/"
    term.add("person of crash", "ines", person + states["crash-in-view"].user.key)
    term.add("gradebook, narrowed", "ines", f"/assignments/{lab.key}/gradebook?q=zzzz")
    term.add("audit, nothing", "ada", "/admin/audit?who=zzzz")
    term.add("users, nobody", "ada", "/admin/users?q=zzzz")
    term.add("users, second page", "ada", "/admin/users?page=2")
    term.add("first version", "ines", f"/assignments/{lab.key}/rubric/versions/1")
    term.add("403", "sam", f"/courses/{lab.course.key}/people", 403)
    term.add("404", "sam", "/courses/nothing", 404)
    assert read.key
