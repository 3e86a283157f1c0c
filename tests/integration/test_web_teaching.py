"""Running a course by its pages: what those who teach it see and change, and what is written down of it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from grader.courses import book, gradings, importing, jobs, rubrics
from grader.courses.import_files import Keeping
from grader.courses.tables import (
    Assignment,
    Attempt,
    Audit,
    Enrolment,
    Grading,
    GradingState,
    Import,
    Job,
    JobKind,
    Override,
    Role,
    Shown,
    User,
)
from grader.courses.uploads import Quota
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Kept, Visibility
from grader.pipeline import How, grade_kept, rescore
from grader.sources import Kind
from grader.store.tables import now
from tests.department import BOTH, Department, on_either
from tests.exports import class_of, write_export, zipped
from tests.small_lab import app, rubric

RUBRIC = rubric("{}")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kept]:
    """What the real grader says of a lab that works, and of one that says something else."""
    found = {}
    warm = WarmInterpreter()
    warm.load(rubrics.parse(RUBRIC).packages)
    with Launcher(warm) as launcher:
        for words in ("hello", "bye"):
            folder = tmp_path_factory.mktemp(words)
            (folder / "main.py").write_text(app(words))
            found[words] = grade_kept(folder, rubrics.parse(RUBRIC), launcher, How())
    return found


@pytest.fixture(params=BOTH)
def department(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Department]:
    with on_either(request, tmp_path / "data", RUBRIC) as made:
        yield made


@pytest.fixture
def ines(department: Department) -> FlaskClient:
    return department.client("ines")


def graded(department: Department, login: str, kept: Kept, *, late: float = 0.0, upload: bool = False) -> str:
    """An attempt of somebody's with its result; its key."""
    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        user = db.scalars(select(User).where(User.login == login)).one()
        number = len(db.scalars(select(Attempt).where(Attempt.user_id == user.id)).all()) + 1
        made = Attempt(
            assignment_id=assignment.id, user_id=user.id, number=number, filename="lab.zip", late_seconds=late
        )
        if upload:
            from grader.courses.tables import Upload

            kept_file = Upload(sha256=f"{user.id:064}", size=1)
            db.add(kept_file)
            db.flush()
            made.upload_id = kept_file.id
        db.add(made)
        db.flush()
        gradings.add(db, made, kept, rubric_id=assignment.versions[-1].id)
        return made.key


def more_people(department: Department, count: int) -> None:
    with department.database.writing() as db:
        course = db.scalars(select(Assignment)).one().course_id
        for number in range(count):
            user = User(login=f"p{number:03}", name=f"Person {number:03}")
            db.add(user)
            db.flush()
            db.add(Enrolment(user_id=user.id, course_id=course, role=Role.STUDENT.value, ids={}))


def audited(department: Department, action: str) -> list[Audit]:
    with department.database.reading() as db:
        return list(db.scalars(select(Audit).where(Audit.action == action).order_by(Audit.id)))


def page(department: Department, client: FlaskClient, name: str, **asked: str) -> str:
    answer = client.get(f"/assignments/{department.assignment}/{name}", query_string=asked)
    assert answer.status_code == 200
    return answer.text


def line(department: Department, login: str) -> book.Line:
    with department.database.reading() as db:
        assignment = db.scalars(select(Assignment)).one()
        return book.lines(db, assignment, department.user(login).id)[0]


# --------------------------------------------------------------------------------------------------------------- import


def send(department: Department, client: FlaskClient, content: bytes, name: str = "class.zip", **form: str) -> object:
    data = {"csrf_token": department.token(client), "export": (io.BytesIO(content), name), **form}
    return client.post(f"/assignments/{department.assignment}/import", data=data)


@pytest.mark.slow
def test_an_export_is_uploaded_read_and_watched(department: Department, ines: FlaskClient, tmp_path: Path) -> None:
    people = [*class_of(3, lambda n: {"main.py": app(f"hello {n}").encode()})]
    people[2] = replace(people[2], files={"notes.txt": b"<script>"}, name="O'Hara <b>Kim")
    export = write_export(Kind.MOODLE, tmp_path / "m.zip", people)
    answer = send(department, ines, export.read_bytes())
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert "The export is being read." in ines.get(where).text
    assert ines.get(f"{where}/state").json["over"] is False
    importing.read_next(department.database, Keeping(department.settings.data, Quota(1 << 30, 1 << 30)), "w")
    told = ines.get(where).text
    assert "O&#39;Hara &lt;b&gt;Kim<" in told
    assert "assignsubmission_file" in told
    state = ines.get(f"{where}/state?rows=0,2,x,99999").json
    assert (state["total"], state["counts"]["queued"]) == (3, 3)
    assert [row["place"] for row in state["rows"]] == [0, 2]
    listed = page(department, ines, "import")
    assert '<td>The work is being graded.</td><td class="num">3</td>' in listed
    assert [entry.who for entry in audited(department, "import.begin")] == ["Ines"]


def test_an_import_is_cancelled_and_what_is_ungraded_tried_again(
    department: Department, ines: FlaskClient, tmp_path: Path
) -> None:
    export = write_export(Kind.CANVAS, tmp_path / "c.zip", class_of(3, lambda n: {"main.py": app("hello").encode()}))
    where = send(department, ines, export.read_bytes()).headers["Location"]
    importing.read_next(department.database, Keeping(department.settings.data, Quota(1 << 30, 1 << 30)), "w")
    assert department.post(ines, f"{where}/cancel").status_code == 302
    state = ines.get(f"{where}/state").json
    assert (state["counts"]["cancelled"], state["over"]) == (3, True)
    department.post(ines, f"{where}/retry")
    state = ines.get(f"{where}/state").json
    assert (state["counts"]["queued"], state["over"]) == (3, False)
    assert audited(department, "import.cancel")
    assert audited(department, "import.retry")[0].detail == {"count": 3}


@pytest.mark.slow
def test_what_the_grader_failed_at_is_ungraded_with_its_reason_never_zero(
    department: Department, ines: FlaskClient, tmp_path: Path
) -> None:
    export = write_export(Kind.CANVAS, tmp_path / "c.zip", class_of(1, lambda n: {"main.py": b"x"}))
    where = send(department, ines, export.read_bytes()).headers["Location"]
    importing.read_next(department.database, Keeping(department.settings.data, Quota(1 << 30, 1 << 30)), "w")
    with department.database.writing() as db:
        claim = jobs.take(db, "w")
        assert claim is not None
        jobs.fail(db, claim, "The disk was full.", again=False)
    assert "The disk was full." in ines.get(where).text
    told = page(department, ines, "gradebook", status="ungraded")
    assert "1 of 3 people" in told
    assert "<strong>0</strong>" not in told


def test_an_upload_that_is_too_large_or_no_zip_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    department = Department(tmp_path / "data", RUBRIC, most_export=1000)
    ines = department.client("ines")
    data = {"csrf_token": department.token(ines), "export": (io.BytesIO(b"PK"), "class.zip")}
    claims = {"CONTENT_LENGTH": str(5 << 20)}  # what a request says of itself is enough to refuse it
    where = f"/assignments/{department.assignment}/import"
    assert ines.post(where, data=data, environ_overrides=claims).status_code == 413
    assert send(department, ines, b"PK" * 1000).status_code == 413
    assert send(department, ines, b"a,b", "list.csv").status_code == 400
    assert send(department, ines, zipped({"a": b"b"}), kind="nonsense").status_code == 400
    with department.database.reading() as db:
        assert not db.scalars(select(Import)).all()
    assert not [path for path in (tmp_path / "data").rglob("incoming/*") if path.is_file()]
    department.close()


def test_a_student_may_send_no_export(department: Department) -> None:
    sam = department.client("sam")
    assert send(department, sam, zipped({"a": b"b"})).status_code == 403


# ------------------------------------------------------------------------------------------------------------ gradebook


@pytest.mark.slow
def test_everybody_has_a_line_also_without_work(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    graded(department, "sam", results["hello"], late=7200)
    told = page(department, ines, "gradebook")
    assert "<strong>10</strong>" in told
    assert "2 hours late" in told
    assert "nothing handed in" in told
    assert line(department, "sue").status is book.Status.MISSING
    assert line(department, "sue").score is None


@pytest.mark.slow
def test_it_is_searched_filtered_and_sorted_without_a_script(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    more_people(department, 3)
    for login, words in (("sam", "hello"), ("sue", "bye"), ("p000", "bye"), ("p001", "hello")):
        graded(department, login, results[words], late=3600 if login == "p001" else 0)

    def found(**asked: str) -> list[str]:
        rows = page(department, ines, "gradebook", **asked).split("<tbody>")[-1].split("</tbody>")[0].split("<tr>")[1:]
        return [row.split("<bdi>")[1].split("</bdi>")[0] for row in rows if "<bdi>" in row]

    assert found() == ["Person 000", "Person 001", "Person 002", "Sam", "Sue"]
    assert found(q="PERSON 1") == ["Person 001"]
    assert found(q="p002") == ["Person 002"]
    assert found(status="missing") == ["Person 002"]
    assert found(status="failed") == ["Person 000", "Sue"]
    assert found(late="yes") == ["Person 001"]
    assert found(lost="home") == ["Person 000", "Sue"]
    assert found(sort="score", down="1")[:2] == ["Person 001", "Sam"]
    assert found(sort="check:home")[:2] == ["Person 000", "Sue"]
    assert found(sort="score", down="1")[-1] == "Person 002"  # without a score, whichever way
    assert found(q="nobody of that name") == []


@pytest.mark.slow
def test_many_come_a_page_at_a_time(department: Department, ines: FlaskClient) -> None:
    more_people(department, 150)
    assert page(department, ines, "gradebook").count('name="user"') == 50
    assert page(department, ines, "gradebook", page="2").count('name="user"') == 50
    assert page(department, ines, "gradebook", page="99").count('name="user"') == 2


def test_a_person_of_another_course_is_not_there(department: Department, ines: FlaskClient) -> None:
    otto = department.user("otto").key
    assert ines.get(f"/assignments/{department.assignment}/people/{otto}").status_code == 404


# ----------------------------------------------------------------------------------------------------------- by hand


def give(department: Department, client: FlaskClient, attempt: str, **form: str) -> str:
    answer = department.post(client, f"/attempts/{attempt}/override", **form)
    assert answer.status_code == 302
    return client.get(answer.headers["Location"]).text


@pytest.mark.slow
def test_points_by_hand_count_and_the_computed_ones_stay_beside(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    key = graded(department, "sam", results["bye"])
    told = give(department, ines, key, check="home", points="4.5", reason="It said so in <Dutch>.")
    assert "computed 0" in told
    assert "It said so in &lt;Dutch&gt;." in told
    found = line(department, "sam")
    assert (found.score, found.computed, found.overridden) == (Fraction(17, 2), 4, True)
    assert "by hand" in page(department, ines, "gradebook")
    (entry,) = audited(department, "grade.override")
    assert (entry.who, entry.what) == ("Ines", f"attempt:{key}")
    assert entry.detail == {
        "check": "home", "points": ["0", "4.5"], "score": ["4", "8.5"], "reason": "It said so in <Dutch>.",
    }  # fmt: skip


@pytest.mark.slow
def test_they_are_taken_back_and_both_stay_written_down(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    key = graded(department, "sam", results["bye"])
    give(department, ines, key, check="", points="9", reason="Shown in class.")
    assert line(department, "sam").score == 9
    with department.database.reading() as db:
        id = db.scalars(select(Override.id)).one()
    department.post(ines, f"/attempts/{key}/override/withdraw", override=id)
    assert line(department, "sam").score == 4
    assert audited(department, "grade.withdraw")[0].detail["score"] == ["9", "4"]
    told = ines.get(f"/assignments/{department.assignment}/people/{department.user('sam').key}").text
    assert "took points back" in told
    assert "Shown in class." in told
    with department.database.reading() as db:
        assert db.scalars(select(Override)).one().withdrawn is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"check": "home", "points": "5", "reason": " "}, "Say why"),
        ({"check": "home", "points": "many", "reason": "x"}, "no points"),
        ({"check": "home", "points": "NaN", "reason": "x"}, "no points"),
        ({"check": "home", "points": "1e9", "reason": "x"}, "between 0 and 6"),
        ({"check": "home", "points": "-1", "reason": "x"}, "between 0 and 6"),
        ({"check": "nothing", "points": "1", "reason": "x"}, "no result for that check"),
    ],
)
def test_what_cannot_be_given_is_told_and_changes_nothing(
    department: Department, ines: FlaskClient, results: dict[str, Kept], form: dict[str, str], said: str
) -> None:
    key = graded(department, "sam", results["bye"])
    assert said in give(department, ines, key, **form)
    assert line(department, "sam").score == 4
    assert not audited(department, "grade.override")


@pytest.mark.slow
def test_who_handed_in_what_cannot_be_graded_is_given_points_for_the_whole(
    department: Department, ines: FlaskClient
) -> None:
    from grader.errors import NotGradableError
    from grader.pipeline import not_gradable

    kept = Kept(not_gradable("Sam", rubrics.parse(RUBRIC), NotGradableError("It holds nothing.")))
    key = graded(department, "sam", kept)
    assert line(department, "sam").status is book.Status.NOT_GRADABLE
    give(department, ines, key, check="", points="7", reason="On paper.")
    found = line(department, "sam")
    assert (found.status, found.score) == (book.Status.GRADED, 7)


# ---------------------------------------------------------------------------------------------------------- re-grading


def propose(department: Department, key: str, kept: Kept) -> str:
    """As a worker does, once it was asked to grade again."""
    with department.database.writing() as db:
        attempt = db.scalars(select(Attempt).where(Attempt.key == key)).one()
        job = db.scalars(select(Job).where(Job.attempt_id == attempt.id, Job.kind == JobKind.REGRADE.value)).one()
        claim = jobs.take(db, "w")
        assert claim is not None
        assert claim.job == job.id
        made = gradings.save(db, job, claim.fence, kept)
        assert made is not None
        return made.key


@pytest.mark.slow
def test_a_regrading_counts_once_it_was_compared_and_accepted(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    key = graded(department, "sam", results["bye"], upload=True)
    department.post(ines, f"/assignments/{department.assignment}/regrade", which="all", how="judge")
    assert "1 under way" in page(department, ines, "regrade")
    proposal = propose(department, key, results["hello"])
    told = page(department, ines, "regrade")
    assert "1 proposed, 1 would change" in told
    assert "4 of 10" in told
    assert "10 of 10" in told
    assert line(department, "sam").score == 4
    assert "re-graded" in page(department, ines, "gradebook")
    department.post(ines, f"/assignments/{department.assignment}/regrade/decide", do="accept", grading=proposal)
    assert line(department, "sam").score == 10
    assert audited(department, "regrade.accept")[0].detail["score"] == ["4", "10"]
    assert "No re-grading waits" in page(department, ines, "regrade")


@pytest.mark.slow
def test_rejected_it_counts_for_nobody(department: Department, ines: FlaskClient, results: dict[str, Kept]) -> None:
    key = graded(department, "sam", results["hello"], upload=True)
    department.post(ines, f"/assignments/{department.assignment}/regrade", user=department.user("sam").key, how="run")
    proposal = propose(department, key, results["bye"])
    department.post(ines, f"/assignments/{department.assignment}/regrade/decide", do="reject-all", shown=proposal)
    assert line(department, "sam").score == 10
    with department.database.reading() as db:
        assert sorted(db.scalars(select(Grading.state))) == ["current", "superseded"]
        assert db.scalars(select(Job).where(Job.kind == "regrade")).one().runs
    assert audited(department, "regrade.reject")


def test_a_whole_class_is_accepted_a_few_at_a_time(
    department: Department, ines: FlaskClient, results: dict[str, Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.web.teaching.regrading._FEW", 1)
    keys = [graded(department, login, results["bye"]) for login in ("sam", "sue")]
    with department.database.writing() as db:
        for attempt in db.scalars(select(Attempt)):
            found = gradings.current(db, attempt)
            assert found is not None
            values = {**gradings.prepared(results["hello"], rubrics.parse(RUBRIC)), "rubric_id": found.rubric_id}
            db.add(Grading(attempt_id=attempt.id, state=GradingState.PROPOSED.value, **values))
        db.flush()
        shown = ",".join(db.scalars(select(Grading.key).where(Grading.state == GradingState.PROPOSED.value)))
    where = f"/assignments/{department.assignment}/regrade/decide"
    answer = department.post(ines, where, do="accept-all", shown=f"{shown},nothing")
    assert "2 accepted" in ines.get(answer.headers["Location"]).text
    assert [line(department, login).score for login in ("sam", "sue")] == [10, 10]
    assert {entry.what for entry in audited(department, "regrade.accept")} == {f"attempt:{key}" for key in keys}
    assert department.post(department.client("sam"), where, do="accept-all", shown=shown).status_code == 403


def test_what_nobody_has_seen_is_not_accepted_with_the_rest(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    key = graded(department, "sam", results["bye"], upload=True)
    department.post(ines, f"/assignments/{department.assignment}/regrade", which="all")
    propose(department, key, results["hello"])
    department.post(ines, f"/assignments/{department.assignment}/regrade/decide", do="accept-all", shown="another")
    assert line(department, "sam").score == 4


@pytest.mark.slow
def test_points_by_hand_outlive_a_regrading(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    key = graded(department, "sam", results["bye"], upload=True)
    give(department, ines, key, check="home", points="5", reason="Shown in class.")
    department.post(ines, f"/assignments/{department.assignment}/regrade", which="filtered", status="overridden")
    proposal = propose(department, key, results["hello"])
    assert "Points given by hand stay." in page(department, ines, "regrade") or "would stay" in page(
        department, ines, "regrade"
    )
    department.post(ines, f"/assignments/{department.assignment}/regrade/decide", do="accept", grading=proposal)
    found = line(department, "sam")
    assert (found.score, found.computed) == (9, 10)


@pytest.mark.slow
def test_nobody_who_handed_in_nothing_is_graded_again(department: Department, ines: FlaskClient) -> None:
    answer = department.post(ines, f"/assignments/{department.assignment}/regrade", which="all")
    assert "Nobody was chosen whose work is there." in ines.get(answer.headers["Location"]).text


def test_another_rubric_is_judged_from_what_was_seen(results: dict[str, Kept]) -> None:
    other = rubrics.parse(RUBRIC.replace("points: 6", "points: 16"))
    kept = rescore(results["hello"], other)
    assert kept is not None
    assert kept.report.score == 20


# ------------------------------------------------------------------------------------------------------------- release


def test_results_are_released_and_taken_back(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    graded(department, "sam", results["hello"])
    with department.database.writing() as db:
        db.scalars(select(Assignment)).one().show_scores = Shown.ON_RELEASE.value
    told = page(department, ines, "release")
    assert "no score and no report" in told
    assert "They see their score and the report" in told
    department.post(ines, f"/assignments/{department.assignment}/release")
    with department.database.reading() as db:
        assert db.scalars(select(Assignment.released)).one() is not None
    department.post(ines, f"/assignments/{department.assignment}/unrelease")
    with department.database.reading() as db:
        assert db.scalars(select(Assignment.released)).one() is None
    assert audited(department, "assignment.release")
    assert audited(department, "assignment.unrelease")
    assert "took the release back" in page(department, ines, "release")


# ---------------------------------------------------------------------------------------------------------- statistics


def test_statistics_are_of_what_counts_now(department: Department, ines: FlaskClient, results: dict[str, Kept]) -> None:
    assert "Nobody has a score yet" in page(department, ines, "statistics")
    key = graded(department, "sam", results["hello"])
    graded(department, "sue", results["bye"])
    told = page(department, ines, "statistics")
    assert "70 %" in told  # the mean of 10 and 4
    assert "<svg" in told
    assert "style=" not in told
    give(department, ines, key, check="home", points="0", reason="Copied.")
    assert "40 %" in page(department, ines, "statistics")


def since_of(text: str) -> str:
    return text.partition('data-since="')[2].partition('"')[0]


def test_statistics_that_are_watched_come_again_when_something_changed(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    path = f"/assignments/{department.assignment}/statistics"
    since = since_of(page(department, ines, "statistics"))
    assert ines.get(f"{path}?since={since}").status_code == 204
    graded(department, "sam", results["hello"])
    anew = ines.get(f"{path}?since={since}")
    assert anew.status_code == 200
    assert since_of(anew.text) != since
    assert department.client("sam").get(f"{path}?since={since}").status_code == 403


# -------------------------------------------------------------------------------------------------------------- export

CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (4711)\n    Points Possible,,,,,10\n"


def wish(department: Department, client: FlaskClient, **form: object) -> TestResponse:
    data = {"csrf_token": department.token(client), **form}
    return client.post(f"/assignments/{department.assignment}/export", data=data)


def test_a_platforms_gradebook_is_shown_with_who_is_matched_and_then_filled(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    key = graded(department, "sam", results["bye"])
    give(department, ines, key, check="home", points="5", reason="Shown in class.")
    theirs = CANVAS + "Sam,1,s1,sam,A,\nNobody Else,2,s2,other,A,\n"
    answer = wish(department, ines, target="canvas", template=(io.BytesIO(theirs.encode()), "grades.csv"))
    assert answer.status_code == 200
    assert "Nobody Else" in answer.text
    assert "Sue" in answer.text
    kept = answer.text.split('name="kept" value="')[1].split('"')[0]
    again = wish(department, ines, target="canvas", kept=kept, name="grades.csv", do="download")
    assert "filename=grades.csv" in again.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(again.text)))
    assert [row[-1] for row in rows[2:]] == ["9", ""]
    assert audited(department, "grades.export")


def test_a_file_that_fits_no_platform_is_refused_in_words(department: Department, ines: FlaskClient) -> None:
    assert wish(department, ines, target="canvas").status_code == 400
    answer = wish(department, ines, target="moodle", template=(io.BytesIO(b"a,b\n1,2\n"), "x.csv"))
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert wish(department, ines, target="canvas", kept="no base64!", do="download").status_code == 400
    assert wish(department, ines, target="elsewhere").status_code == 400


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("json", b"{"), ("gradescope", b"PK")]
)
def test_tables_are_downloaded(
    department: Department, ines: FlaskClient, results: dict[str, Kept], target: str, begins: bytes
) -> None:
    graded(department, "sam", results["hello"])
    assert "Rows" in wish(department, ines, target=target).text
    answer = wish(department, ines, target=target, do="download")
    assert answer.data.startswith(begins)
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.slow
def test_moodles_numbers_are_of_one_assignment_alone(department: Department, ines: FlaskClient, tmp_path: Path) -> None:
    """A participant has another number in each assignment: one of them must never be taken for another's."""
    export = write_export(Kind.MOODLE, tmp_path / "m.zip", class_of(1, lambda n: {"main.py": b"x"}))
    send(department, ines, export.read_bytes())
    importing.read_next(department.database, Keeping(department.settings.data, Quota(1 << 30, 1 << 30)), "w")
    with department.database.writing() as db:
        first = db.scalars(select(Assignment)).one()
        db.add(Assignment(course_id=first.course_id, title="Another", due=now() + timedelta(days=1)))
        db.flush()
        other = db.scalars(select(Assignment).where(Assignment.title == "Another")).one()
        own = [one.ids for one in book.lines(db, first) if "moodle_participant_id" in one.ids]
        assert [ids["moodle_participant_id"] for ids in own] == ["1000"]
        assert not [one for one in book.lines(db, other) if "moodle_participant_id" in one.ids]


@pytest.mark.slow
def test_a_proposal_that_somebody_decided_on_meanwhile_is_left_alone(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    key = graded(department, "sam", results["bye"], upload=True)
    department.post(ines, f"/assignments/{department.assignment}/regrade", which="all")
    proposal = propose(department, key, results["hello"])
    where = f"/assignments/{department.assignment}/regrade/decide"
    department.post(ines, where, do="reject", grading=proposal)
    answer = department.post(department.client("ada"), where, do="accept", grading=proposal)
    assert answer.status_code == 302
    assert line(department, "sam").score == 4
    with department.database.reading() as db:
        assert GradingState.PROPOSED.value not in db.scalars(select(Grading.state)).all()


# ------------------------------------------------------------------------------------------------------------ feedback


def with_number(department: Department, key: str, number: str) -> None:
    """As if it had come in Moodle's own download."""
    with department.database.writing() as db:
        db.scalars(select(Attempt).where(Attempt.key == key)).one().ids = {"moodle_participant_id": number}


def feedback(department: Department, client: FlaskClient) -> dict[str, str]:
    with wish(department, client, target="moodle-feedback", do="download") as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].endswith("filename=The-lab-moodle-feedback.zip")
        data = answer.data
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name).decode() for name in found.namelist()}


@pytest.mark.slow
def test_moodles_feedback_files_have_what_counts(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    key = graded(department, "sam", results["bye"])
    graded(department, "sue", results["hello"])
    with_number(department, key, "4711")
    give(department, ines, key, check="home", points="5", reason="Shown in <class>.")
    told = wish(department, ines, target="moodle-feedback").text
    assert "<dt>Reports</dt><dd>1</dd>" in told
    assert "1 without a participant" in told
    assert "Students are not shown their results" not in told
    (name, page), *none = feedback(department, ines).items()
    assert (name, none) == ("Sam_4711_assignsubmission_file/report.html", [])
    assert "Shown in &lt;class&gt;." in page
    assert "Ines" not in page  # who gave them is told to those who teach
    assert '<span class="decided">5</span>/6' in page
    assert "9 of 10 points, 90 percent" in page
    assert audited(department, "grades.export")[-1].detail["target"] == "moodle-feedback"


@pytest.mark.slow
def test_what_students_are_not_shown_is_in_no_feedback_file(tmp_path: Path, results: dict[str, Kept]) -> None:
    secret = replace(
        results["bye"],
        report=replace(
            results["bye"].report,
            checks=tuple(
                replace(c, visibility=Visibility.HIDDEN, title="The secret one") if c.id == "home" else c
                for c in results["bye"].report.checks
            ),
        ),
    )
    department = Department(tmp_path / "data", RUBRIC)
    ines = department.client("ines")
    key = graded(department, "sam", secret)
    with_number(department, key, "4711")
    give(department, ines, key, check="home", points="5", reason="For the secret.")
    (page,) = feedback(department, ines).values()
    assert "secret" not in page
    assert "4 of 4 points, 100 percent" in page
    with department.database.writing() as db:
        db.scalars(select(Assignment)).one().show_hidden = Shown.AT_ONCE.value
    (page,) = feedback(department, ines).values()
    assert "The secret one" in page
    assert "For the secret." in page
    with department.database.writing() as db:
        db.scalars(select(Assignment)).one().show_scores = Shown.ON_RELEASE.value  # and hidden ones not before
    told = wish(department, ines, target="moodle-feedback").text
    assert "Students are not shown their results here yet" in told
    assert "Hidden checks are in no report" in told
    assert "secret" not in "".join(feedback(department, ines).values())
    department.close()


def test_without_moodles_numbers_there_is_no_feedback_file(
    department: Department, ines: FlaskClient, results: dict[str, Kept]
) -> None:
    graded(department, "sam", results["hello"])
    assert "import Moodle" in wish(department, ines, target="moodle-feedback").text
    answer = wish(department, ines, target="moodle-feedback", do="download")
    assert answer.status_code == 400
    assert "Nobody has a participant" in answer.text
    assert not audited(department, "grades.export")
    assert wish(department, department.client("sam"), target="moodle-feedback", do="download").status_code == 403
    assert wish(department, department.client("otto"), target="moodle-feedback", do="download").status_code == 404
