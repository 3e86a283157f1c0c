"""`grade rubric …` as an instructor uses it: what it prints, what it refuses, how it ends."""

from __future__ import annotations

import io
import shutil
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.checks import CHECKS
from grader.cli import run
from grader.model import CheckStatus
from grader.rubric import available, load_rubric
from tests.conftest import Grade

pytestmark = pytest.mark.usefixtures("lent")

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "student_app"
SHOP = ROOT / "tests/handbook/shop"
REFERENCES = sorted((ROOT / "tests/rubrics").glob("*/reference"))
ONE = "id: lab\ntitle: A lab\nchecks:\n  - {id: one, title: One, points: 1, type: starts}\n"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def rubric() -> Path:
    path = Path("lab.yaml")
    path.write_text(ONE)
    return path


def told(captured: Captured) -> tuple[str, str]:
    """What was printed; none of it is wider than a terminal, nor the words of a crash."""
    out, err = captured.readouterr()
    assert "Traceback" not in out + err
    assert "The grader itself failed" not in err
    quoting = ("|", ".yaml:")  # lines of a file, and its mistakes, one on a line as compilers tell them
    assert [line for line in (out + err).splitlines() if len(line) > 80 and not any(q in line for q in quoting)] == []
    return out, err


# ------------------------------------------------------------------------------------------------------------- check


def test_a_rubric_without_mistakes_is_counted(rubric: Path, capsys: Captured) -> None:
    assert run(["rubric", "check", str(rubric), "login"]) == 0
    assert told(capsys) == (f"{rubric}: 1 check, 1 point, no mistake.\nlogin: 11 checks, 100 points, no mistake.\n", "")


def test_every_mistake_of_every_file_is_told_at_once(rubric: Path, capsys: Captured) -> None:
    Path("wrong.yaml").write_text(ONE.replace("points", "pionts"))
    Path("short.yaml").write_text("id: lab\n")
    assert run(["rubric", "check", "wrong.yaml", "lab.yaml", "short.yaml"]) == 2
    out, err = told(capsys)
    assert out == "lab.yaml: 1 check, 1 point, no mistake.\n"
    assert err.splitlines()[:3] == [
        'wrong.yaml:4:5: a check lacks the key "points".',
        "    4 |   - {id: one, title: One, pionts: 1, type: starts}",
        "      |     ^",
    ]
    assert 'wrong.yaml:4:27: a check has no key "pionts". Did you mean "points"?' in err
    assert "grade: The rubric wrong.yaml has 2 mistakes." in err
    assert 'short.yaml:1:1: a rubric lacks the key "checks".' in err
    assert err.splitlines()[-1] == "2 of 3 rubrics cannot be used."


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere.yaml", 'There is no rubric file "nowhere.yaml".'),
        (".", 'There is no bundled rubric ".".'),
        ("./", 'The rubric "." is a folder.'),
        ("logn", 'There is no bundled rubric "logn". Did you mean "login"?'),
        ("bytes.yaml", "bytes.yaml:1:2: this is not UTF-8; save it as UTF-8."),
        ("empty.yaml", "empty.yaml:1:1: the file is empty"),
        ("a\0b.yaml", "cannot be read: embedded null byte."),
    ],
)
def test_what_is_no_rubric_is_refused_with_a_sentence(name: str, says: str, capsys: Captured) -> None:
    Path("bytes.yaml").write_bytes(b"\x7f\xff\xfe\0ELF")
    Path("empty.yaml").touch()
    assert run(["rubric", "check", name]) == 2
    assert says in " ".join(told(capsys)[1].split())


def test_a_file_of_ones_own_without_a_suffix_is_told_how_to_be_named(capsys: Captured) -> None:
    assert run(["rubric", "check", "mine"]) == 2
    assert 'such as "./mine".' in " ".join(told(capsys)[1].split())


def test_a_rubric_can_come_from_standard_input(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(ONE.encode())))
    assert run(["rubric", "check", "-"]) == 0
    assert told(capsys)[0] == "-: 1 check, 1 point, no mistake.\n"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"id: lab\n")))
    assert run(["rubric", "check", "-"]) == 2
    assert "standard input:1:1: a rubric lacks" in told(capsys)[1]


@pytest.mark.parametrize("arguments", [["chek"], ["check"], ["try", "login"], ["diff", "login", "login"], ["new"]])
def test_a_command_called_wrongly_ends_with_two(arguments: list[str], capsys: Captured) -> None:
    assert run(["rubric", *arguments]) == 2
    assert "Usage: grade rubric" in told(capsys)[1]


# ---------------------------------------------------------------------------------------------------- list, explain


def test_the_list_names_every_bundled_rubric(capsys: Captured) -> None:
    assert run(["rubric", "list"]) == 0
    lines = told(capsys)[0].splitlines()
    assert [line.split()[0] for line in lines] == list(available())
    assert all("100 points" in line for line in lines)


@pytest.mark.parametrize("name", available())
def test_an_explanation_names_every_check_and_what_it_asks(name: str, capsys: Captured) -> None:
    assert run(["rubric", "explain", name]) == 0
    words = " ".join(told(capsys)[0].split())
    for check in load_rubric(name).checks:
        assert f"{check.title} ({check.id}" in words
        assert all(" ".join(sentence.split()) in words for sentence in check.check.asked)


def test_an_explanation_says_all_that_a_rubric_can_say(capsys: Captured) -> None:
    path = Path("all.yaml")
    path.write_text(
        textwrap.dedent("""
        id: all
        title: All
        entry: [server.py]
        rounding: {to: 0.5, way: up}
        late: {per_day: 10, most: 50, grace_minutes: 15, deadline: "2026-11-30T23:59+01:00"}
        provide: {content: "x = 1", to: data.py}
        checks:
          - {id: one, title: One, points: 1, type: starts, tags: [a, b], visibility: hidden}
          - {id: two, title: Two, points: 2.5, type: guarded, bonus: true, needs: one, proved_by: [one]}
          - {id: three, title: Three, points: 1, type: request, penalty: true, path: /echo, method: PUT, body: "a text",
             headers: {X-A: b}, cookies: {c: d}, redirects: stay, expect: {text: {contains: "${unique_x}"}}}
          - id: four
            title: Four
            flag: true
            type: flow
            section: Later
            steps:
              - {path: /up, query: {a: 1}, form: {b: [x, y]}, files: {c: {file: x.txt}}, browser: home, repeat: 3}
              - {submit: {fill: {Name: "%s", Yes: true}, press: Send}, browser: home}
              - {path: /api, json: {a: 1}, expect: {status: 201}}
        """)
        % ("n m " * 30)
    )
    assert run(["rubric", "explain", str(path)]) == 0
    words = " ".join(told(capsys)[0].split())
    for sentence in (
        "1 point; passed from 60 percent.",
        "Up to 2.5 points more as a bonus.",
        "The program is server.py; it may import flask.",
        "The grader puts its own data.py beside the program.",
        "The total is rounded up to multiples of 0.5.",
        "Late work loses 10 percent of its points a day after 15 minutes of grace, 50 percent at most. The deadline is "
        "2026-11-30T23:59+01:00.",
        "${...} stands for a value that the grader makes up, or that an earlier answer brought.",
        "Students do not see this check. Tags: a, b.",
        "Two (two, 2.5 points as a bonus)",
        "Waits for: one. Also proved by: one.",
        "Three (three, takes 1 point away where it fails)",
        'PUT /echo (body "a text"; header X-A: "b"; cookie c: "d"; redirects not followed): the page\'s text contains',
        "Later Four (four, reported, no points)",
        'POST /up (query a: 1; b: ["x", "y"], c: {"file": "x.txt"}) in the browser “home”, 3 times: no error.',
        f'Sending the form with “Send” (Name: "{"n m " * 20}…", Yes: true) in the browser “home”: no error.',
        'POST /api (JSON {"a": 1}): the status is 201.',
    ):
        assert sentence in words, sentence


# --------------------------------------------------------------------------------------------------------------- new


def made(reference: Path) -> Path:
    """An app with all that it needs: what its rubric provides lies beside it."""
    app = Path(shutil.copytree(reference, reference.parent.name))
    provided = ROOT / "rubrics" / reference.parent.name
    if provided.is_dir():
        shutil.copytree(provided, app, dirs_exist_ok=True)
    return app


@pytest.mark.slow
@pytest.mark.parametrize(
    "reference",
    [LAB, SHOP, *(pytest.param(path, id=path.parent.name, marks=pytest.mark.slow) for path in REFERENCES)],
    ids=lambda path: path.name,
)
def test_a_proposed_rubric_has_no_mistake_and_its_app_earns_everything(
    reference: Path, capsys: Captured, grade: Grade
) -> None:
    app, path = made(reference), Path("new.yaml")
    assert run(["rubric", "new", str(app), "--output", str(path)]) == 0
    assert "Next: grade rubric try" in " ".join(capsys.readouterr().err.split())
    assert run(["rubric", "check", str(path)]) == 0
    loaded = load_rubric(str(path))
    assert {"starts", "request"} <= {
        name for name, kind in CHECKS.items() for c in loaded.checks if type(c.check) is kind
    }
    assert [r.id for r in grade(app, rubric=loaded).checks if r.outcome.status is not CheckStatus.PASSED] == []


@pytest.mark.slow
def test_a_proposed_rubric_says_what_stands_on_pages_and_in_forms(capsys: Captured) -> None:
    assert run(["rubric", "new", str(SHOP)]) == 0
    text = told(capsys)[0]
    for line in (
        "      - title: The corner shop",
        "      - {css: h1, reads: Register}",
        '          fill: {Name: "${unique_name}", Password: "${unique_password}"}',
        "      - {jsonpath: $.count, exists: true}",
        "      - {header: Content-Type, starts_with: application/json}",
        "      - url: /register",
    ):
        assert line in text.splitlines(), line
    assert "POST /buy: answers no GET, not visited." in text


def written(page: str, *, more: str = "") -> Path:
    app = Path("app")
    app.mkdir()
    (app / "main.py").write_text(
        f"from flask import Flask, request\napp = Flask(__name__)\n@app.route('/')\ndef home():\n    return {page!r}\n"
        f"{more}\nif __name__ == '__main__':\n    app.run()\n"
    )
    return app


ODD = {
    "words of YAML": "<title>no</title><h1>true: yes</h1><form><input name='null'><button>on</button></form>",
    "signs of YAML": "<title>- a: {b} # [c] 'd' \"e\" &f *g !h | i > j % k @ l</title><h1>? x</h1>",
    "names that stand for values": "<title>${price}</title><h1>${price}</h1><form><input name='${a}'></form>",
    "numbers": "<title>1</title><h1>12,345.50 of 7</h1><h1>3</h1>",
    "placeholders": "<h1>{number} {x}</h1>",
    "invisible characters": "<title>a\u202eb</title><h1>a\u2028b</h1><form><label>\x1b<input name='\x1b'></label>",
    "long texts": f"<title>{'t' * 900}</title><h1>{'h' * 900}</h1><form><input name='{'n' * 900}'></form>",
    "a form of everything": "<form method=post enctype=multipart/form-data><input name=a type=email>"
    "<input type=file name=f><input name=d type=date><input name=n type=number><select name=s><option>x</select>"
    "<textarea name=t></textarea><input type=checkbox name=c><button> Send\nit </button></form>",
    "nothing": "",
}  # fmt: skip


@pytest.mark.slow
def test_whatever_pages_hold_the_proposal_can_be_read(capsys: Captured) -> None:
    route = "@app.route('/odd{0}', methods=['GET', 'POST'])\ndef odd{0}():\n    return {1!r}"
    views = [route.format(i, page) for i, page in enumerate(ODD.values())]
    assert run(["rubric", "new", str(written("", more="\n".join(views))), "--output", "new.yaml"]) == 0
    assert run(["rubric", "check", "new.yaml"]) == 0
    ids = {check.id for check in load_rubric("new.yaml").checks}
    assert [page for i, page in enumerate(ODD) if f"odd{i}" not in ids] == []
    texts = Path("new.yaml").read_text()
    for line in (
        '- title: "no"',
        '"null": "${unique_null}"',
        "press: Send it",
        '{css: h1, reads: "{number} of {number}"}',
    ):
        assert line in texts, line


def test_what_looks_like_a_value_to_be_put_in_is_proposed_as_it_stands(capsys: Captured, grade: Grade) -> None:
    page = (
        "<title>Price: ${x}</title><form action=/del method=post><label>${a}<input name=a></label>"
        "<button>Say ${b}</button></form><form action=/del method=post><button><i class=icon></i></button></form>"
    )
    more = "@app.route('/json')\ndef data():\n    return {'${c}': 1}\n@app.post('/del')\ndef delete():\n    return 'x'"
    app = written(page, more=more)
    assert run(["rubric", "new", str(app), "--output", "new.yaml"]) == 0
    assert run(["rubric", "check", "new.yaml"]) == 0
    text = Path("new.yaml").read_text()
    assert all(f"${{dollar}}{{{name}}}" in text for name in "xabc")
    assert "submit: {}" in text
    assert [
        r.id for r in grade(app, rubric=load_rubric("new.yaml")).checks if r.outcome.status is not CheckStatus.PASSED
    ] == []


def test_a_check_that_the_app_itself_does_not_satisfy_is_left_out_and_said_to_be(capsys: Captured) -> None:
    more = (
        "import itertools\ncount = itertools.count()\n@app.route('/odd')\n"
        "def odd():\n    return f'<title>{\"abcdefg\"[next(count) % 7]}</title>'\n"
        "@app.route('/crash')\ndef crash():\n    return 1 / 0\n"
        "@app.route('/user/<name>')\ndef user(name):\n    return name\n"
        "@app.route('/form')\ndef form():\n    return '<form action=/login method=post><button>Log in</button>'\n"
        "@app.route('/login', methods=['POST'])\ndef login():\n    return 'No', 403\n"
    )
    assert run(["rubric", "new", str(written("<h1>Home</h1>", more=more))]) == 0
    words = " ".join(told(capsys)[0].replace("#", "").split())
    assert "form-log-in is left out, since the app does not satisfy it here: POST /login answered 403" in words
    assert "Where it goes on from another check, name that under after." in words
    assert "GET /crash answered with an error here; no check is proposed for it." in words
    assert "GET /user/<name>: needs a value in its path, not visited." in words


def test_nothing_is_overwritten_and_no_place_that_cannot_be_written_is_taken(rubric: Path, capsys: Captured) -> None:
    assert run(["rubric", "new", str(LAB), "--output", str(rubric)]) == 2
    assert "is there already" in told(capsys)[1]
    assert rubric.read_text() == ONE
    assert run(["rubric", "new", str(LAB), "--output", "no/such.yaml"]) == 2
    assert "There is no folder" in told(capsys)[1]


def test_an_app_that_does_not_start_is_told_why(capsys: Captured) -> None:
    app = written("Hello")
    text = (app / "main.py").read_text()
    (app / "main.py").write_text(text.replace("app.run()", "app.rum()"))
    assert run(["rubric", "new", str(app)]) == 4
    assert "starts no server. main.py:8 " in " ".join(told(capsys)[1].split())
    assert run(["rubric", "new", "nowhere"]) == 2
    assert "There is no" in capsys.readouterr().err
    Path("empty").mkdir()
    assert run(["rubric", "new", "empty"]) == 4
    assert "holds no Python file" in told(capsys)[1]


@pytest.mark.slow
def test_a_package_that_is_not_allowed_can_be_allowed(capsys: Captured) -> None:
    app = written("<h1>Hello</h1>", more="import waitress")
    assert run(["rubric", "new", str(app)]) == 4
    assert "main.py:6 imports waitress" in " ".join(told(capsys)[1].split())
    assert run(["rubric", "new", str(app), "--package", "waitress"]) == 0
    assert "packages: [flask, waitress]" in told(capsys)[0]


# --------------------------------------------------------------------------------------------------------- try, diff


def test_each_check_shows_what_it_sees_and_no_score(capsys: Captured) -> None:
    path = Path("lab.yaml")
    path.write_text(
        ONE + "  - {id: two, title: Two, points: 3, type: request, path: /x, expect: {status: 200}}\n"
        "  - {id: three, title: Three, points: 3, type: html, partial: true, claims: [one_h1, language]}\n"
        "  - {id: four, title: Four, points: 3, type: request, repeat: 20, expect: {text: {contains: Hello}}}\n"
        "  - {id: five, title: Five, points: 3, type: request, path: /old, expect: {text: {contains: Hello}}}\n"
        "  - {id: six, title: Six, points: 3, type: request, form: {a: b}, expect: {status: 405}}\n"
    )
    app = written("<h1>Hello</h1>", more="@app.route('/old')\ndef old():\n    return '', 302, {'Location': '/'}\n")
    assert run(["rubric", "try", str(path), str(app)]) == 0
    out, err = told(capsys)
    assert err == ""
    blocks = {block.split(":")[0]: block for block in out.split("\n\n")}
    assert blocks["one"].splitlines()[0] == "one: holds"
    assert "  asks: Running the program starts a server that answers." in blocks["one"]
    assert blocks["two"].splitlines()[0] == "two: does not hold"
    assert "  sees: GET /x answered 404 NOT FOUND" in blocks["two"]
    assert "  hint: Write `@app.route('/x')` above the view." in blocks["two"]
    assert "GET /x: 404 NOT FOUND, 207 bytes of text/html" in " ".join(blocks["two"].split())
    assert blocks["three"].splitlines()[0] == "three: holds in part"
    assert "    and 9 more" in blocks["four"]
    assert "GET /old, 302 to /: 200 OK" in " ".join(blocks["five"].split())
    assert "POST / with 3 bytes: 405 METHOD NOT ALLOWED" in " ".join(blocks["six"].split())
    assert out.endswith("\n4 of 6 checks hold.\n")
    assert "points" not in out


def test_trying_says_why_there_is_nothing_to_see(capsys: Captured) -> None:
    assert run(["rubric", "try", "login", "."]) == 4
    assert "holds no Python file" in told(capsys)[1]
    assert run(["rubric", "try", "login", str(LAB), "--python", "./python"]) == 2
    assert run(["rubric", "try", "logn", str(LAB)]) == 2


@pytest.mark.slow
def test_a_change_of_a_rubric_tells_who_gains_and_who_loses(capsys: Captured) -> None:
    check = "  - {id: %s, title: A, points: %s, type: request, path: %s, expect: {status: 200}}\n"
    Path("old.yaml").write_text(ONE + check % ("home", 1, "/") + check % ("gone", 2, "/x"))
    Path("new.yaml").write_text(ONE + check % ("home", 3, "/") + check % ("come", 4, "/y"))
    written("Hello").rename("ada")
    Path("bob").mkdir()
    shutil.copy(Path("ada/main.py"), Path("bob/main.py"))
    Path("bob/main.py").write_text(Path("ada/main.py").read_text().replace("'/'", "'/y'"))
    Path("eve").mkdir()
    assert run(["rubric", "diff", "old.yaml", "new.yaml", "ada", "bob", "eve"]) == 0
    assert told(capsys)[0] == textwrap.dedent("""\
        No longer there: gone.
        New: come.

        ada  2 of 4 -> 4 of 8  0 %
            home: 1/1 -> 3/3
            come: new -> 0/4  No route serves /y; the program has /.
        bob  1 of 4 -> 5 of 8  +37.5 %
        eve  not gradable -> not gradable
            eve holds no Python file: it is empty.

        Of 3 works, 1 would gain, 0 would lose, 1 would stay; 1 work without a grade.
        1 would pass that did not, and 0 would no longer pass.
        """)


def test_a_path_that_is_not_there_is_told_before_anything_is_graded(capsys: Captured) -> None:
    assert run(["rubric", "diff", "login", "login", str(LAB), "nowhere"]) == 2
    assert "There is no" in capsys.readouterr().err
    assert run(["rubric", "diff", "login", "logn", str(LAB)]) == 2
