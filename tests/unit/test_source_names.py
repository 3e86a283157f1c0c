"""What names of a program stand for, and what calls and decorators are given: rows of a claim and a program."""

from __future__ import annotations

import json

import pytest
import yaml

from grader.checks.source_code import SourceCode
from grader.model import CheckStatus, Evidence, Outcome, SourceFile
from grader.rubric import parse_rubric


def judged(claim: str, main: str, *others: SourceFile, **more: str) -> Outcome:
    keys = {"id": "a", "title": "A", "points": 1, "type": "source", **yaml.safe_load(f"{{{claim}}}")}
    text = json.dumps({"id": "r", "title": "R", "checks": [keys]})
    check = parse_rubric(text.encode(), "r.yaml").checks[0].check
    assert isinstance(check, SourceCode)
    files = {"main.py": main, **{f"{name}.py": text for name, text in more.items()}}
    sources = tuple(SourceFile(name, len(text), text) for name, text in files.items())
    return check.judge(Evidence("n", "main.py", files=(*sources, *others)))


RANDINT = "calls: [random.randint]"
RUN = "calls: [Flask.run]"
FLASK = "from flask import Flask\n"
ROUTE = "decorators: ['*.route']"
FOUND: list[tuple[str, str]] = [
    (RANDINT, "import random\nf = random.randint\nf(1, 6)"),
    (RANDINT, "import random\nfrom functools import partial\nf = partial(random.randint, 1, 6)\nf()"),
    (RANDINT, "import random\nlist(map(random.randint, [1], [6]))"),
    (RANDINT, "import random\ngetattr(random, 'randint')(1, 6)"),
    (RANDINT, "import random\nrandom.Random().randint(1, 6)"),
    (RANDINT, "from random import *\nrandint(1, 6)"),
    (RUN, f"{FLASK}Flask(__name__).run()"),
    (RUN, f"{FLASK}app: Flask = Flask(__name__)\napp.run()"),
    (RUN, f"{FLASK}(app := Flask(__name__)).run()"),
    (RUN, f"{FLASK}app, port = Flask(__name__), 5000\napp.run()"),
    (RUN, f"{FLASK}def create_app():\n  app = Flask(__name__)\n  return app\ncreate_app().run()"),
    (RUN, f"{FLASK}def main(app: Flask):\n  app.run()\nmain(Flask(__name__))"),
    (RUN, f"{FLASK}class Shop(Flask): pass\nclass Mine(Shop): pass\napp = Mine(__name__)\napp.run()"),
    (RUN, f"{FLASK}class S:\n  def __init__(self): self.app = Flask(__name__)\n  def go(self): self.app.run()"),
    (RUN, f"{FLASK}app = Flask(__name__) if 1 else None\napp.run()"),
    ("calls: [Connection.execute]", "from db import Connection, connect\nwith Connection() as c:\n  c.execute('')"),
    ("calls: [render_template]", "import flask\nflask.render_template('a')"),
    ("calls: [render_template]", "from flask import render_template as r\nr('a')"),
    ("calls: [os.path.join]", "import os.path as p\np.join('a')"),
    ("calls: [login_required]", "from helpers import login_required\n@login_required\ndef f(): pass"),
    ("imports: [flask.Flask]", "from flask import *"),
    ("imports: [random.randint]", "import random\nrandom.randint(1, 6)"),
    ("functions: [Shop.price]", "class Shop:\n  def price(self): pass"),
    ("uses: [os.system]", "__import__('os').system('x')"),
    ("uses: [os.system]", "import os\nos.__dict__['system']('x')"),
    ("uses: [os.system]", "import os\nvars(os)['system']('x')"),
    ("uses: [eval]", "__builtins__['eval']('1')"),
    ("uses: [eval]", "from builtins import eval as e\ne('1')"),
    ("uses: [eval]", "eval = eval\neval('1')"),
    # arguments
    ("calls: [{name: f, arguments: [[1, 2]]}]", "f((1, 2))"),
    ("calls: [{name: f, arguments: [{a: 1, b: [x, ...]}]}]", "f({'a': 1, 'b': ('x', y)})"),
    ("calls: [{name: f, arguments: [[a, b]]}]", "f({'b', 'a'})"),
    ("calls: [{name: f, arguments: [60]}]", "f(60.0)"),
    ("calls: [{name: f, arguments: [6, -1, true, null, xy]}]", "f(2 * 3, -1, not 0, None, 'x' + 'y')"),
    ("calls: [{name: f, arguments: [1, 6]}]", "LOW, HIGH = 1, 6\nf(LOW, *(HIGH,))"),
    ("calls: [{name: f, keywords: {a: x}}]", "d = {'a': 'x'}\nf(**d)"),
    ("calls: [{name: f, arguments: [1, ...]}]", "def f(a, b): pass\nf(b=g(), a=1)"),
    ("calls: [{name: random.randint, arguments: [1, 6]}]", "import random\nrandom.randint(a=1, b=6)"),
    ("calls: [{name: random.randint, arguments: [1, 6]}]", "import random\npartial(random.randint, 1, 6)"),
    ("calls: [{name: Flask.run, keywords: {host: 0.0.0.0, port: 80}}]", f"{FLASK}a = Flask('')\na.run('0.0.0.0', 80)"),
    # decorators
    ("decorators: [{name: '*.route', arguments: [/], keywords: {methods: [POST, GET]}}]",
     "@app.route('/', methods=['GET', 'POST'])\ndef f(): pass"),
    ("decorators: [{name: '*.route', arguments: [/a], keywords: {methods: [POST]}}]", "@app.post('/a')\ndef f(): pass"),
    ("decorators: [{name: '*.route', arguments: [/a], keywords: {methods: [GET]}}]", "@app.route('/a')\ndef f(): pass"),
    ("decorators: [{name: '*.route', arguments: [/a]}]", "app.add_url_rule(rule='/a', view_func=f)"),
    ("decorators: [{name: '*.post', arguments: [/a]}]", "@app.route('/a', methods=['GET', 'post'])\ndef f(): pass"),
    ("decorators: [{name: '*.errorhandler', arguments: [404]}]", "@app.errorhandler(404)\ndef f(e): pass"),
    ("decorators: [{name: '*.errorhandler', arguments: [404]}]", "app.register_error_handler(404, f)"),
    ("decorators: ['*.after_request']", "def f(r): return r\napp.after_request(f)"),
    (ROUTE, "app.route('/')(f)"),
    (ROUTE, "r = app.route\n@r('/')\ndef f(): pass"),
    ("decorators: [Flask.route]", f"{FLASK}def create():\n  a = Flask('')\n  @a.route('/')\n  def f(): pass"),
]  # fmt: skip
MISSED: list[tuple[str, str]] = [
    (RANDINT, "import random\nrandom.randint"),
    (RANDINT, "class random:\n  def randint(a, b): pass\nrandom.randint(1, 6)"),
    (RANDINT, "import numpy\nnumpy.random.randint(1, 6)"),
    ("uses: [compile]", "import re\nre.compile('x')"),
    ("uses: [open]", "from PIL import Image\nImage.open('x')"),
    ("uses: [open]", "from gzip import open\nopen('x')"),
    ("uses: [exec]", "from sqlmodel import Session\nwith Session(e) as session:\n  session.exec('x')"),
    ("uses: [eval]", "import pandas\npandas.x().eval('1')"),
    ("uses: [input]", "def f():\n  input = request.form['x']\n  return input"),
    ("uses: [input]", "def f(input): return [input for input in input]"),
    ("calls: [home]", "def home(): pass\napp.add_url_rule('/', view_func=home)"),
    ("calls: [str]", "isinstance(x, str)"),
    ("calls: [{name: f, arguments: [1]}]", "f(True)"),
    ("calls: [{name: f, arguments: ['...']}]", "f()"),
    ("calls: [{name: f, arguments: [[1, 2]]}]", "f([2, 1])"),
    ("calls: [{name: f, arguments: [[a, b]]}]", "f({'a'})"),
    ("calls: [{name: f, arguments: [x]}]", "f('x' * 10 ** 9)"),
    ("decorators: [{name: '*.route', keywords: {methods: [GET]}}]", "@app.post('/a')\ndef f(): pass"),
    ("decorators: [{name: '*.route', arguments: [/b]}]", "@app.route('/a')\ndef f(): pass"),
    ("decorators: ['*.post']", "@app.route('/a')\ndef f(): pass"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "program"), FOUND)
def test_what_occurs_is_found_and_must_not_be_there_where_none_is_asked(claim: str, program: str) -> None:
    assert judged(claim, program).status is CheckStatus.PASSED
    assert judged(f"{claim}, none: true", program).status is CheckStatus.FAILED


@pytest.mark.parametrize(("claim", "program"), MISSED)
def test_what_does_not_occur_is_missed_and_fails_nobody_where_none_is_asked(claim: str, program: str) -> None:
    assert judged(claim, program).status is CheckStatus.FAILED
    assert judged(f"{claim}, none: true", program).status is CheckStatus.PASSED


@pytest.mark.parametrize(
    ("main", "mod"),
    [
        ("from mod import app\napp.run()", f"{FLASK}app = Flask(__name__)"),
        ("import mod\nmod.app.run()", f"{FLASK}app = Flask(__name__)"),
        ("import mod as m\nm.app.run()", f"{FLASK}app = Flask(__name__)"),
        ("from mod import *\napp.run()", f"{FLASK}app = Flask(__name__)"),
        ("from mod import Shop\nShop(__name__).run()", f"{FLASK}class Shop(Flask): pass"),
        ("from mod import F\nF(__name__).run()", f"{FLASK}F = Flask"),
    ],
)
def test_a_name_is_followed_into_another_file_of_the_program(main: str, mod: str) -> None:
    assert judged(f"{RUN}, file: main.py", main).status is CheckStatus.FAILED
    assert judged(RUN, main, mod=mod).status is CheckStatus.PASSED


def test_only_what_the_program_reads_can_keep_it_from_being_read() -> None:
    claim, old = "uses: [eval], none: true", "print 'x'\n"
    assert judged(claim, "x = 1", backup=old).status is CheckStatus.PASSED
    assert judged(claim, "import a", a="import backup", backup=old).message.startswith("backup.py cannot be read")
    assert judged("imports: [math]", "x = 1", backup=old).message == "There is no import of math in the Python files."
    large = SourceFile("big.py", 1 << 20, None, "too large to quote (1,048,576 bytes)")
    assert judged(claim, "import big", large).message == (
        "big.py cannot be read as Python: it is too large to quote (1,048,576 bytes)."
    )
    assert judged(claim, "import small", large).status is CheckStatus.PASSED


def test_what_the_rubric_provides_is_not_the_student_s() -> None:
    given = SourceFile("prices.py", 20, "import os\nos.system('')", provided=True)
    assert judged("uses: [os.system], none: true", "import prices", given).status is CheckStatus.PASSED
    assert judged("uses: [os.system]", "import prices", given).status is CheckStatus.FAILED
