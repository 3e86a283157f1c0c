"""Claims about the source, read as syntax trees: what counts as an occurrence, what does not, and what is told."""

from __future__ import annotations

import json

import pytest
import yaml

from grader.checks.source_code import SourceCode
from grader.model import CheckStatus, Evidence, Outcome, SourceFile
from grader.rubric import parse_rubric

APP = """\
import random as r
import importlib
from flask import Flask, render_template
from os.path import join as j
app = Flask(__name__)
square = lambda x: x * x

@app.get("/")
def home():
    n = r.randint(1, 6)
    return render_template("home.html", n=n, path=j("a", "b"))

class Shop:
    def price(self):
        return self.connection.execute("SELECT 1").fetchone()

json = importlib.import_module("json")
app.add_url_rule("/x", view_func=home)
getattr(__builtins__, "eval")("1")
if __name__ == "__main__":
    app.run(host="0.0.0.0", debug=True)
"""


def judged(claim: str, /, entry: str = "main.py", **files: str) -> Outcome:
    keys = {"id": "a", "title": "A", "points": 1, "type": "source", **yaml.safe_load(claim)}
    text = json.dumps({"id": "r", "title": "R", "checks": [keys]})
    check = parse_rubric(text.encode(), "r.yaml").checks[0].check
    assert isinstance(check, SourceCode)
    named = {name.replace("__", "/").replace("_py", ".py"): text for name, text in (files or {"main_py": APP}).items()}
    sources = tuple(SourceFile(name, len(text), text) for name, text in named.items())
    return check.judge(Evidence("n", entry, files=sources))


@pytest.mark.parametrize(
    "claim",
    [
        "imports: random", "imports: flask.Flask", "imports: os.path", "imports: os", "imports: json",
        "calls: random.randint", "calls: r.randint", "calls: {name: random.randint, arguments: [1, 6]}",
        "calls: {name: random.randint, arguments: [1, '...']}", "calls: render_template",
        "calls: flask.render_template",
        "calls: Flask.run", "calls: app.run", "calls: {name: Flask.run, keywords: {host: 0.0.0.0}}",
        "calls: {name: '*.run', keywords: {debug: true, host: '...'}}", "calls: '*.execute'", "calls: '*.fetchone'",
        "calls: os.path.join", "calls: eval", "decorators: '*.route'", "decorators: app.get", "decorators: Flask.route",
        "functions: home", "functions: price", "functions: square", "uses: eval", "uses: random",
        "uses: '*.connection'", "uses: json",
        "{imports: random, calls: [Flask, render_template], functions: home, file: main.py}",
    ],
)  # fmt: skip
def test_what_occurs_is_found_in_whatever_way_it_is_written(claim: str) -> None:
    outcome = judged(claim)
    assert outcome.status is CheckStatus.PASSED, outcome.message
    assert outcome.message.startswith("Found in main.py:")


@pytest.mark.parametrize(
    "claim",
    [
        "imports: secrets", "imports: rand", "calls: random.random", "calls: {name: random.randint, arguments: [1, 7]}",
        "calls: {name: random.randint, arguments: [1, 6, 2]}", "calls: {name: Flask.run, keywords: {port: '...'}}",
        "calls: {name: Flask.run, keywords: {debug: 1}}", "calls: home", "calls: execute", "decorators: app.post",
        "functions: shop", "uses: exec", "{calls: Flask.run, file: other.py}",
    ],
)  # fmt: skip
def test_what_does_not_occur_is_missed(claim: str) -> None:
    assert judged(claim).status is CheckStatus.FAILED


def test_text_in_strings_and_comments_is_no_occurrence() -> None:
    text = '"""random.randint(1, 6)"""\n# import random\nx = "eval(1)"\n'
    assert judged("{uses: [eval], none: true}", main_py=text).status is CheckStatus.PASSED
    assert judged("calls: random.randint", main_py=text).status is CheckStatus.FAILED


def test_what_is_not_to_be_used_is_told_with_its_first_place_and_how_many_more() -> None:
    outcome = judged("{uses: eval, none: true}", main_py="x = 1\ny = eval('1')\nz = eval('2')\n")
    assert outcome.status is CheckStatus.FAILED
    assert outcome.message == "main.py:2 has use of eval, and 1 more, which is not to be used here."
    assert outcome.location is not None
    assert (outcome.location.line, outcome.location.source) == (2, "y = eval('1')")
    assert judged("{uses: exec, none: true}").message == "The program holds no use of exec."


def test_the_nearest_thing_is_named() -> None:
    outcome = judged("calls: {name: secrets.randint, arguments: [1, '...']}")
    assert outcome.message == "There is no call of secrets.randint(1, …) in the Python files."
    assert outcome.actual == "r.randint in main.py:10"
    assert judged("imports: numpy").actual == "nothing like it was found"


def test_every_file_of_the_student_s_is_read_the_entry_first() -> None:
    files = {"app_py": "import helper", "helper_py": "import random", "pkg__util_py": "import math"}
    assert judged("imports: [random, math]", entry="app.py", **files).status is CheckStatus.PASSED
    assert judged("{imports: random, file: app.py}", entry="app.py", **files).status is CheckStatus.FAILED
    assert judged("{imports: math, file: pkg/util.py}", entry="app.py", **files).status is CheckStatus.PASSED
    assert judged("{imports: math, file: none.py}", entry="app.py", **files).message == "There is no none.py to read."


def test_a_file_that_is_no_python_fails_what_was_not_found_and_what_must_not_be_there() -> None:
    broken = {"main_py": "import random, other\n", "other_py": "def (:\n"}
    assert judged("imports: random", **broken).status is CheckStatus.PASSED
    missing = judged("imports: math", **broken)
    assert missing.message.startswith("other.py cannot be read as Python: ")
    assert missing.message.endswith(" in line 1. So import of math was not found.")
    forbidden = judged("{imports: math, none: true}", **broken)
    assert forbidden.status is CheckStatus.FAILED
    assert forbidden.location is not None


def test_without_any_file_there_is_nothing_to_read() -> None:
    assert judged("imports: math", notes_txt="x").message == "There is no Python file to read."
