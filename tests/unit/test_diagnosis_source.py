"""What is diagnosed from the student's files and from what was seen, without an exception."""

from __future__ import annotations

import time
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.checks import diagnosis
from grader.checks.diagnosis import Finding
from grader.model import (
    Address,
    Condition,
    Evidence,
    Exchange,
    Exit,
    Failure,
    FailureKind,
    Frame,
    Request,
    SourceFile,
    Start,
    StartState,
    Traceback,
)

HEAD = "import random\nfrom flask import Flask, render_template\n\napp = Flask(__name__)\n\n\n"
VIEW = (
    "@app.route('/')\ndef home():\n    random_num = random.randint(1, 100000)\n"
    "    return render_template('base.html', random_number=random_num)\n\n\n"
)
GUARD = "if __name__ == '__main__':\n"
RUN = "    app.run(host='0.0.0.0', port=random.randint(2000, 9000))\n"
GOOD = HEAD + VIEW + GUARD + RUN
BASE = "<html>\n<body>\n<h1>The number is {{ random_number }}</h1>\n</body>\n</html>\n"
WANTED = ("Hello, there!", "The number is {number}")


def work(main: str, home: str = ".", **files: str) -> Evidence:
    """Evidence of a submission; `templates__base` is templates/base.html."""
    named = {"main.py": main} | {name.replace("__", "/") + ".html": text for name, text in files.items()}
    paths = {path if home == "." else f"{home}/{path}": text for path, text in named.items()}
    every = tuple(SourceFile(path, len(text), text) for path, text in sorted(paths.items()))
    return Evidence(nonce="n", entry="main.py" if home == "." else f"{home}/main.py", home=home, files=every)


def run(arguments: str, before: str = "") -> Evidence:
    """The finished lab with another run call, which is in line 14 when nothing is put before it."""
    return work(HEAD + VIEW + before + GUARD + f"    app.run({arguments})\n", templates__base=BASE)


def view(*lines: str, **files: str) -> Evidence:
    """The lab with another view, of which the first line is line 9."""
    body = "".join(f"    {line}\n" for line in lines)
    return work(
        HEAD + "@app.route('/')\ndef home():\n" + body + "\n\n" + GUARD + RUN, **(files or {"templates__base": BASE})
    )


def got(body: str = "", status: int | None = 200, **more: object) -> Exchange:
    return Exchange("e1", "s1", Request(), status, body=body.encode(), **more)  # type: ignore[arg-type]


def at(finding: Finding | None) -> str:
    return str(finding.location) if finding else ""


# ---------------------------------------------------------------------------------------------------------------- guard


@pytest.mark.parametrize(
    ("main", "words", "where"),
    [
        (HEAD + VIEW + "app.run()\n", "main.py:13 calls app.run() without a main guard", "main.py:13"),
        (HEAD + VIEW + GUARD + "    pass\napp.run()\n", "outside of the main guard in line 13", "main.py:15"),
        (HEAD + VIEW + "def main():\n    app.run()\n\n\nmain()\n", "main.py:17 calls main()", "main.py:17"),
        (HEAD + VIEW + "if __name__ == 'main' or '__main__':\n" + RUN, "main guard in main.py:13", "main.py:13"),
        (HEAD + VIEW + "if __name__ != '__main__':\n" + RUN, "does not compare with ==", "main.py:13"),
        (HEAD + VIEW + "if __name__:\n" + RUN, "reads `__name__`", "main.py:13"),
    ],
)
def test_a_missing_guard_is_named_with_the_line_that_starts_the_server(main: str, words: str, where: str) -> None:
    finding = diagnosis.missing_guard(work(main))
    assert words in finding.message
    assert at(finding) == where
    assert 'if __name__ == "__main__":' in finding.hint


@pytest.mark.parametrize(
    ("guard", "words"),
    [
        ("if __name__ == 'main':\n", '"main" instead of "__main__"'),
        ("if __name__ == '_main_':\n", '"_main_"'),
        ("if __name__ == '__Main__':\n", '"__Main__"'),
        ("if __name__ == 'main.py':\n", '"main.py"'),
        ("if '__main__' != __name__:\n", "does not compare with =="),
        ("if __name__ == __name__ == 'main':\n", "main guard"),
    ],
)
def test_a_wrong_guard_is_named_whether_a_wrong_or_no_run_was_suspected(guard: str, words: str) -> None:
    evidence = work(HEAD + VIEW + guard + RUN)
    for finding in (diagnosis.wrong_guard(evidence), diagnosis.no_run(evidence)):
        assert words in finding.message
        assert at(finding) == "main.py:13"
        assert 'if __name__ == "__main__":' in finding.hint


@pytest.mark.parametrize(
    ("tail", "words", "where"),
    [
        ("", "never calls app.run()", "None"),
        ("# if __name__ == '__main__': app.run()\n", "never calls app.run()", "None"),
        (GUARD + "    app.run\n", "main.py:14 only names app.run", "main.py:14"),
        ("def main():\n    app.run()\n\n\nif __name__ == '__main__':\n    main\n", "only names main", "main.py:18"),
        ("def start():\n    app.run()\n", "nothing calls start()", "main.py:14"),
        ("exit()\n" + GUARD + RUN, "main.py:13 ends the program", "main.py:13"),
    ],
)
def test_a_program_that_never_runs_its_server_says_why(tail: str, words: str, where: str) -> None:
    finding = diagnosis.no_run(work(HEAD + VIEW + tail))
    assert words in finding.message
    assert at(finding) == where


def test_a_run_call_below_the_guard_of_another_file_is_found() -> None:
    app = SourceFile("app.py", 1, HEAD + VIEW + GUARD + RUN)
    main = SourceFile("main.py", 1, "from app import app\n")
    finding = diagnosis.no_run(Evidence(nonce="n", entry="main.py", files=(app, main)))
    assert "only when app.py itself is run, not when main.py is" in finding.message
    assert at(finding) == "app.py:14"


# -------------------------------------------------------------------------------------------------------------- address


@pytest.mark.parametrize(
    ("arguments", "what", "seen", "words"),
    [
        ("port=5000", "host", "127.0.0.1", "no host, so the server listens on 127.0.0.1"),
        ("host='localhost'", "host", "127.0.0.1", "asks for the host 'localhost'"),
        ("HOST", "host", "127.0.0.1", "asks for the host HOST, which is '127.0.0.1'"),
        ("host='0.0.0.0'", "port", "5000", "no port, so the server takes 5000"),
        ("port=80", "port", "80", "asks for the port 80"),
        ("port=99999", "port", "34463", "ports go from 0 to 65535"),
        ("port=random.randint(1000, 9000)", "port", "1000", "random.randint(1000, 9000) can give 1000"),
        ("port=random.randint(2, 9) * 100", "port", "900", "random.randint(2, 9) * 100 can give 900"),
        ("port=os.environ.get('PORT', 5000)", "port", "5000", "asks for the port os.environ.get('PORT', 5000)"),
    ],
)
def test_an_address_points_at_the_argument_of_the_run_call(
    arguments: str, what: Literal["host", "port"], seen: str, words: str
) -> None:
    finding = diagnosis.address(run(arguments, "HOST = '127.0.0.1'\n"), what, seen)
    assert words in finding.message
    assert at(finding) == "main.py:15"
    assert "host='0.0.0.0'" in finding.hint if what == "host" else "random.randint(2000, 9000)" in finding.hint


def test_a_port_variable_is_followed_to_its_draw() -> None:
    finding = diagnosis.address(run("port=number", "number = random.randint(1000, 9000)\n"), "port", "1000")
    assert "main.py:13: random.randint(1000, 9000) can give 1000" in finding.message


@pytest.mark.parametrize(
    ("arguments", "before", "words", "where"),
    [
        ("port=5000", "", "asks for the port 5000, which is 5000 at every start", "main.py:14"),
        ("port='5000'", "", "asks for the port '5000'", "main.py:14"),
        ("host='0.0.0.0'", "", "no port, so it is 5000 at every start", "main.py:14"),
        ("port=random.randint(5000, 5000)", "", "gives 5000 at every start", "main.py:14"),
        (
            "port=random.randint(2000, 9000)",
            "random.seed(1)\n",
            "fixes the random numbers with random.seed(1)",
            "main.py:13",
        ),
    ],
)
def test_a_constant_port_says_what_makes_it_constant(arguments: str, before: str, words: str, where: str) -> None:
    finding = diagnosis.constant_port(run(arguments, before), 5000)
    assert words in finding.message
    assert at(finding) == where


def test_an_address_without_a_run_call_is_still_explained() -> None:
    assert "127.0.0.1" in diagnosis.address(work("x = 1\n"), "host", "127.0.0.1").message
    assert "5000" in diagnosis.constant_port(work("x = 1\n"), 5000).message


# -------------------------------------------------------------------------------------------------------------- folders


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("template_folder='template'", "'template', and the folder is called templates"),
        ("template_folder='/home/me/templates'", "absolute path that exists on one computer only"),
        ("template_folder='../templates'", "outside of the lab's folder"),
    ],
)
def test_a_wrong_template_folder_points_at_its_argument(argument: str, words: str) -> None:
    main = GOOD.replace("Flask(__name__)", f"Flask(__name__, {argument})")
    finding = diagnosis.template_folder(work(main, templates__base=BASE), "elsewhere")
    assert words in finding.message
    assert at(finding) == "main.py:4"
    assert "template_folder='templates'" in finding.hint


def test_a_program_without_an_app_has_no_template_folder() -> None:
    assert "makes no Flask app" in diagnosis.template_folder(work("x = 1\n"), None).message
    not_called = diagnosis.template_folder(work("from flask import Flask\napp = Flask\n"), None)
    assert "names Flask without calling it" in not_called.message
    assert at(not_called) == "main.py:2"


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("static_folder='assets'", "sets static_folder to 'assets'"),
        ("static_url_path='/files'", "sets static_url_path to '/files'"),
        ("static_folder=None", "sets static_folder to None"),
    ],
)
def test_a_wrong_static_folder_points_at_its_argument(argument: str, words: str) -> None:
    main = GOOD.replace("Flask(__name__)", f"Flask(__name__, template_folder='templates', {argument})")
    finding = diagnosis.static_failure(work(main), got(status=404))
    assert words in finding.message
    assert at(finding) == "main.py:4"


def test_a_static_file_that_crashes_the_program_is_explained_by_the_crash() -> None:
    crash = Traceback("ZeroDivisionError", "division by zero", (Frame("main.py", 9, "check", own=True),))
    finding = diagnosis.static_failure(work(GOOD), got(status=500, traceback=crash))
    assert "main.py:9 raised ZeroDivisionError" in finding.message


def test_a_static_failure_of_a_right_program_says_what_was_seen() -> None:
    assert "404" in diagnosis.static_failure(work(GOOD), got(status=404)).message


# ------------------------------------------------------------------------------------------------------------ templates


@pytest.mark.parametrize(
    ("lines", "files", "words", "where"),
    [
        (["return 'I love CS253!'"], {}, "there is no templates/base.html", "None"),
        (["return render_template('base.html')"], {"templates__Base": BASE}, "case matters", "main.py:9"),
        (["return render_template('base.html')"], {"template__base": BASE}, "lies at template/base.html", "main.py:9"),
        (["return render_template('index.html')"], {"templates__index": BASE}, "has only index.html", "main.py:9"),
        (
            ["return render_template('home.html')"],
            {"templates__home": BASE, "templates__base": BASE},
            "renders 'home.html'",
            "main.py:9",
        ),
        (["return 'I love CS253!'"], {"templates__base": BASE}, "returns text itself", "main.py:9"),
        (["return 'base.html'"], {"templates__base": BASE}, "returns the name of the file itself", "main.py:9"),
        (["n = 1", "return f'<h1>The number is {n}</h1>'"], {"templates__base": BASE}, "an f-string", "main.py:10"),
        (
            ["return open('templates/base.html').read()"],
            {"templates__base": BASE},
            "reads the file with open()",
            "main.py:9",
        ),
        (
            ["return send_from_directory('templates', 'base.html')"],
            {"templates__base": BASE},
            "sends the file",
            "main.py:9",
        ),
        (
            ["render_template('base.html')", "return 'x'"],
            {"templates__base": BASE},
            "does not return the page",
            "main.py:9",
        ),
    ],
)
def test_a_page_that_is_not_rendered_says_what_the_view_does_instead(
    lines: list[str], files: dict[str, str], words: str, where: str
) -> None:
    finding = diagnosis.not_rendered(view(*lines, **(files or {"other": ""})), "templates/base.html", got("x"))
    assert words in finding.message
    assert at(finding) == where
    assert finding.hint


def test_templates_are_looked_for_beside_a_nested_entry() -> None:
    finding = diagnosis.not_rendered(work(GOOD, "lab/step3", templates__Base=BASE), "templates/base.html", None)
    assert "there is lab/step3/templates/Base.html" in finding.message
    assert at(finding) == "lab/step3/main.py:10"


@pytest.mark.parametrize(
    ("call", "received", "words", "hint"),
    [
        (
            "render_template('base.html')",
            (),
            "without passing it a variable",
            "render_template('base.html', random_number=n)",
        ),
        ("render_template('base.html', random_num=n)", ("random_num",), "passes random_num", "random_number=n"),
        (
            "render_template('base.html', x=n)",
            ("x",),
            "passes x to the template; the lab asks for random_number",
            "random_number=n",
        ),
        (
            "render_template('base.html', x=n, y=2)",
            ("x", "y"),
            "passes x and y to the template, and no random_number",
            "random_number=n",
        ),
    ],
)
def test_a_missing_variable_is_named_with_what_is_passed(
    call: str, received: tuple[str, ...], words: str, hint: str
) -> None:
    finding = diagnosis.missing_variable(view("n = random.randint(1, 9)", f"return {call}"), "random_number", received)
    assert words in finding.message
    assert at(finding) == "main.py:10"
    assert hint in finding.hint


def test_a_missing_variable_without_any_template_says_so() -> None:
    assert "No template is rendered" in diagnosis.missing_variable(view("return 'x'"), "random_number", ()).message


# -------------------------------------------------------------------------------------------------------------- heading


@pytest.mark.parametrize(
    ("base", "page", "words", "where"),
    [
        (
            "<h2>The number is {{ random_number }}</h2>",
            "<h2>The number is 5</h2>",
            "uses <h2> for the heading",
            "templates/base.html:1",
        ),
        (
            "\n<h1>The number is {random_number}</h1>",
            "\n<h1>The number is {random_number}</h1>",
            "in single braces",
            "templates/base.html:2",
        ),
        (
            "<h1>The number is {{ random_number }}</h1>",
            "<h1>The number is {{ random_number }}</h1>",
            "has not rendered the file",
            "main.py:10",
        ),
        (
            "<h1>The number is {{ number }}</h1>",
            "<h1>The number is </h1>",
            "uses number, but main.py:10 passes random_number",
            "templates/base.html:1",
        ),
        ("<h1>The number is </h1>", "<h1>The number is </h1>", "without the number", "templates/base.html:1"),
        ("<h1>Helo, there!</h1>", "<h1>Helo, there!</h1>", '"Helo" where "Hello" is asked', "templates/base.html:1"),
        ("<h1>Hello!</h1>", "<h1>Hello!</h1>", '"there" is missing', "templates/base.html:1"),
        (
            "<h1>Your number is {{ random_number }}</h1>",
            "<h1>Your number is 7</h1>",
            '"Your" where "The" is asked',
            "templates/base.html:1",
        ),
        ("<h1></h1>", "<h1></h1>", "an empty <h1>", "templates/base.html:1"),
        ("<p>Hello, there!</p>", "<p>Hello, there!</p>", "has no heading", "templates/base.html:1"),
        ("<h3>Lab</h3>", "<h3>Lab</h3>", 'first heading is <h3> "Lab"', "main.py:10"),
        ("<h1>The number is {{ random_number }}</h1>", "<h1>The number is None</h1>", "shows None", "main.py:10"),
    ],
)
def test_a_heading_that_reads_otherwise_says_how(base: str, page: str, words: str, where: str) -> None:
    finding = diagnosis.heading(work(GOOD, templates__base=base), WANTED, got(page))
    assert finding
    assert words in finding.message
    assert at(finding) == where
    assert finding.hint


# -------------------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("draw", "seen", "words"),
    [
        ("random.randint(0, 100000)", "0", "random.randint(0, 100000) can give 0"),
        ("random.randint(1, 1000000)", "1000000", "can give 1000000"),
        ("random.randint(0, 10) * 20000", "200000", "random.randint(0, 10) * 20000 can give 200000"),
        ("random.uniform(1, 100)", "12.5", "does not give whole numbers"),
        ("random.random()", "0.25", "does not give whole numbers"),
        ("secrets.randbelow(9)", "0", "secrets.randbelow(9) can give 0"),
    ],
)
def test_a_number_out_of_range_points_at_its_draw(draw: str, seen: str, words: str) -> None:
    finding = diagnosis.number(view(f"n = {draw}", "return render_template('base.html', random_number=n)"), seen)
    assert finding
    assert words in finding.message
    assert at(finding) == "main.py:9"


def test_a_number_that_nothing_draws_is_found_where_it_stands() -> None:
    finding = diagnosis.number(
        work(GOOD.replace("random_num = random.randint(1, 100000)", "random_num = 200000")), "200000"
    )
    assert at(finding) == "main.py:9"
    assert diagnosis.number(work("x = 1\n"), "77") is None


def test_the_draw_of_the_port_is_not_taken_for_that_of_the_page() -> None:
    only_port = work(HEAD + "port = random.randint(2, 9)\n" + GUARD + "    app.run(port=port)\n")
    assert diagnosis.number(only_port, "0") is None


@pytest.mark.parametrize(
    ("main", "base", "words", "where"),
    [
        (
            HEAD
            + "random_num = random.randint(1, 9)\n\n\n"
            + VIEW.replace("    random_num = random.randint(1, 100000)\n", "")
            + GUARD
            + RUN,
            BASE,
            "draws the number once, when the file is read",
            "main.py:7",
        ),
        (
            GOOD.replace("    random_num =", "    random.seed(253)\n    random_num ="),
            BASE,
            "random.seed(253)",
            "main.py:9",
        ),
        (GOOD.replace("def home():", "def home(n=random.randint(1, 9)):"), BASE, "as a default of home()", "main.py:8"),
        (
            GOOD.replace("@app.route('/')\n", "@app.route('/')\n@functools.cache\n"),
            BASE,
            "home() is cached",
            "main.py:9",
        ),
        (GOOD.replace("(1, 100000)", "(7, 7)"), BASE, "can give only one number", "main.py:9"),
        (
            GOOD.replace("random_num = random.randint(1, 100000)", "random_num = 4711"),
            BASE,
            "gives the number 4711 itself",
            "main.py:9",
        ),
        (
            GOOD.replace("    random_num = random.randint(1, 100000)\n", ""),
            "<h1>The number is 4711</h1>",
            "holds the number 4711 itself",
            "templates/base.html:1",
        ),
    ],
)
def test_a_constant_number_says_what_makes_it_constant(main: str, base: str, words: str, where: str) -> None:
    finding = diagnosis.constant_number(work(main, templates__base=base), "4711")
    assert words in finding.message
    assert at(finding) == where
    assert finding.hint


# ----------------------------------------------------------------------------------------------------------------- page


def failed(kind: FailureKind) -> Exchange:
    return got(status=None, failure=Failure(kind, "the words of the probe"))


@pytest.mark.parametrize(
    ("evidence", "exchange", "words", "where"),
    [
        (
            view("while True:", "    pass", "return ''"),
            failed(FailureKind.TIMEOUT),
            "a loop that does not end",
            "main.py:9",
        ),
        (view("time.sleep(60)", "return ''"), failed(FailureKind.TIMEOUT), "waits in sleep()", "main.py:9"),
        (view("return ''"), failed(FailureKind.TIMEOUT), "no answer in time", "main.py:8"),
        (view("os._exit(1)"), failed(FailureKind.CLOSED), "ends the whole program with _exit()", "main.py:9"),
        (view("return ''"), failed(FailureKind.CLOSED), "closed before / was answered", "main.py:8"),
        (view("return redirect('/')"), failed(FailureKind.REDIRECT), "is redirected", "main.py:8"),
        (view("return ''"), failed(FailureKind.TOO_LARGE), "the words of the probe", "main.py:8"),
        (view("return '', 500"), got(status=500), "home() answered 500", "main.py:8"),
        (view("return '', 418"), got(status=418), "answered 418, not 200", "main.py:8"),
        (work(HEAD + "app.run()\n\n\n" + VIEW), got(status=404), "stands below app.run() in line 7", "main.py:10"),
        (work("from flask import Flask\napp = Flask(__name__)\n"), got(status=404), "declares none", "None"),
        (work(HEAD + "pages = Blueprint('pages', __name__)\n"), got(status=404), "never registers", "main.py:7"),
        (
            work(HEAD + "app.add_url_rule('/', view_func=home, methods=['POST'])\n"),
            got(status=405),
            "takes only POST",
            "main.py:7",
        ),
        (work("x = 1\n"), got(status=405), "does not take GET", "None"),
    ],
)
def test_a_page_without_a_traceback_is_explained_from_the_source(
    evidence: Evidence, exchange: Exchange, words: str, where: str
) -> None:
    finding = diagnosis.page_failure(evidence, exchange)
    assert words in finding.message
    assert at(finding) == where
    assert finding.hint


# ---------------------------------------------------------------------------------------------------------------- start


def start(state: StartState, **more: object) -> Start:
    return Start("s1", Condition(), 0, state, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("main", "seen", "words", "where"),
    [
        (
            HEAD + "time.sleep(900)\n",
            start(StartState.SILENT, seconds=10.0),
            "main.py:7 waits in time.sleep(900)",
            "main.py:7",
        ),
        (
            HEAD + "def go():\n    while True:\n        pass\n\n\ngo()\n",
            start(StartState.SILENT),
            "main.py:8 begins a loop",
            "main.py:8",
        ),
        (HEAD, start(StartState.SILENT, seconds=10.0), "still running after 10 seconds", "main.py"),
        (GOOD, start(StartState.FAILED, problem="no such file"), "could not be started: no such file", "None"),
        (
            GOOD,
            start(StartState.LISTENING, address=Address("0.0.0.0", 5000)),
            "listens on 0.0.0.0:5000, but no request",
            "None",
        ),
        (
            GOOD,
            start(StartState.ENDED, exit=Exit(1), log="Address already in use\nPort 5000 is in use\n"),
            "the port is in use",
            "main.py:14",
        ),
        (GOOD, start(StartState.ENDED, exit=Exit(1), log="Permission denied\n"), "a port below 1024", "main.py:14"),
        (
            GOOD.replace("0.0.0.0", "10.1.2.3"),
            start(StartState.ENDED, exit=Exit(1), log="Cannot assign requested address\n"),
            "not an address of this machine",
            "main.py:14",
        ),
        ("def f(:\n", start(StartState.ENDED, exit=Exit(1)), "main.py:1 is not valid Python", "main.py:1"),
        (GOOD, start(StartState.ENDED, exit=Exit(0)), "comes to its end without starting a server", "None"),
    ],
)
def test_a_start_without_a_traceback_is_explained_from_what_was_seen(
    main: str, seen: Start, words: str, where: str
) -> None:
    finding = diagnosis.start_failure(work(main), seen)
    assert words in finding.message
    assert at(finding) == where


# ----------------------------------------------------------------------------------------------------------- steadiness


def everything(evidence: Evidence, traceback: Traceback, body: str) -> list[Finding | None]:
    exchange = got(body, 500, traceback=traceback)
    ended = start(StartState.ENDED, exit=Exit(1), traceback=traceback)
    return [
        diagnosis.start_failure(evidence, ended),
        diagnosis.start_failure(evidence, start(StartState.SILENT)),
        diagnosis.page_failure(evidence, exchange),
        diagnosis.page_failure(evidence, got(body, 404)),
        diagnosis.missing_guard(evidence),
        diagnosis.wrong_guard(evidence),
        diagnosis.no_run(evidence),
        diagnosis.address(evidence, "host", body),
        diagnosis.address(evidence, "port", body),
        diagnosis.constant_port(evidence, 5000),
        diagnosis.static_failure(evidence, None),
        diagnosis.template_folder(evidence, body),
        diagnosis.not_rendered(evidence, "templates/base.html", None),
        diagnosis.missing_variable(evidence, "random_number", (body,)),
        diagnosis.constant_number(evidence, body),
    ]


KINDS = (
    "NameError",
    "TypeError",
    "ImportError",
    "ModuleNotFoundError",
    "TemplateNotFound",
    "SyntaxError",
    "OSError",
    "KeyError",
)
WORDS = (
    "name 'x' is not defined",
    "No module named 'x.y'",
    "home() missing 1 required positional argument: 'x'",
    "",
    "\0\n" * 500,
)


@settings(max_examples=60, deadline=None)
@given(
    cut=st.integers(0, len(GOOD)),
    extra=st.text(max_size=40),
    kind=st.sampled_from(KINDS),
    words=st.sampled_from(WORDS) | st.text(max_size=60),
    line=st.integers(0, 40),
)
def test_no_program_and_no_words_of_it_are_too_odd(cut: int, extra: str, kind: str, words: str, line: int) -> None:
    evidence = work(GOOD[:cut] + extra + GOOD[cut:], templates__base=BASE + extra)
    frames = (Frame("main.py", line, "home", own=True), Frame("gone.py", line, "", own=True))
    for finding in everything(evidence, Traceback(kind, words, frames, words), extra):
        assert finding
        assert finding.message
        assert len(finding.message) < 600
    diagnosis.heading(evidence, WANTED, got(extra))
    diagnosis.number(evidence, extra)


@pytest.mark.parametrize(
    "main", ["(" * 5000, "-" * 100_000 + "1", "a" + ".b" * 20_000, "x = 1\n" * 100_000, "\0", "\ufeff" + GOOD]
)
def test_hostile_source_is_answered_soon(main: str) -> None:
    assert all(
        everything(work(main), Traceback("SyntaxError", "invalid syntax", (Frame("main.py", 1, "", own=True),)), "5")
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "x = random.randint(a, b)\n",
        "if __name__ == 'main': app.run(port=p)\n",
        "p = random.random() or p\n",
        "import m, n, o, p\n",
        "@app.route(r)\ndef home(): return x\n",
        "def f(): app.run(h, p)\n",
    ],
)
def test_large_source_is_answered_soon(line: str) -> None:
    evidence = work(HEAD + line * (300_000 // len(line)) + GUARD + RUN, templates__base=BASE)
    began = time.process_time()
    everything(
        evidence, Traceback("NameError", "name 'zz' is not defined", (Frame("main.py", 9, "home", own=True),)), "5"
    )
    assert time.process_time() - began < 30


def test_nothing_at_all_is_answered_too() -> None:
    assert all(everything(Evidence(nonce="n"), Traceback("ValueError", ""), ""))
