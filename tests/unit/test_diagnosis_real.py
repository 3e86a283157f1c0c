"""Faulty programs are really run, and what they print is diagnosed: the words, the hint and the line."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.checks import diagnosis
from grader.model import (
    Condition,
    Evidence,
    Exchange,
    Exit,
    Frame,
    Request,
    SourceFile,
    Start,
    StartState,
    Traceback,
)

DRIVER = """
import json, os, runpy, signal, sys, traceback
import flask
def start(folder):
    runpy.run_path(os.path.join(folder, "main.py"), run_name="__main__")
def page(folder, path, method):
    names = runpy.run_path(os.path.join(folder, "main.py"), run_name="main")
    app = next(v for v in names.values() if isinstance(v, flask.Flask))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().open(path, method=method)
    with open(folder + ".answer", "w") as file:
        json.dump({"status": answer.status_code, "body": answer.get_data(as_text=True)}, file)
def child(case):
    folder = case["folder"]
    out = os.open(folder + ".log", os.O_WRONLY | os.O_CREAT)
    for number in (1, 2):
        os.dup2(out, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    signal.alarm(2)
    if case["mode"] != "fresh":
        signal.setitimer(signal.ITIMER_PROF, 0.5)
    if case["mode"] == "fresh":
        os.execv(sys.executable, [sys.executable, "main.py"])
    sys.path[0] = folder
    code = 0
    try:
        start(folder) if case["mode"] == "start" else page(folder, case["path"], case["method"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
ends = []
for case in json.load(sys.stdin):
    pid = os.fork()
    if pid == 0:
        child(case)
    ends.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(json.dumps(ends))
"""

BASE = "<!doctype html>\n<title>Lab</title>\n<h1>The number is {{ random_number }}</h1>\n"
APP = "import random\nfrom flask import Flask, render_template\n\napp = Flask(__name__)\n\n\n"
HOME = "@app.route('/')\ndef home():\n    return 'hi'\n\n\n"
GUARD = "if __name__ == '__main__':\n"
RUN = GUARD + "    app.run(host='0.0.0.0', port=random.randint(2000, 9000))\n"


@dataclass(frozen=True)
class Case:
    """A program, how it is run, and what the finding must hold."""

    name: str
    main: str | bytes
    words: tuple[str, ...]
    where: str | None = "main.py"
    hint: str = ""
    mode: str = "start"
    more: tuple[tuple[str, str | bytes], ...] = ()
    path: str = "/"
    method: str = "GET"

    @property
    def files(self) -> dict[str, str | bytes]:
        return {"main.py": self.main, **dict(self.more)}


def view(body: str, head: str = APP, rule: str = "'/'") -> str:
    """A program of which the view's first line is line 9."""
    return head + f"@app.route({rule})\ndef home():\n" + "".join(f"    {x}\n" for x in body.split("\n")) + "\n\n" + RUN


def template(text: str) -> tuple[tuple[str, str], ...]:
    return (("templates/base.html", text),)


RENDER = "return render_template('base.html', random_number=random.randint(1, 100000))"

NAMES = [
    Case(
        "module_not_imported",
        APP.replace("import random\n", "\n") + HOME + RUN,
        ("main.py:13 uses random, but the file never imports it",),
        "main.py:13",
        "`import random`",
    ),
    Case(
        "render_template_not_imported",
        view("return render_template('base.html')", APP.replace(", render_template", "")),
        ("main.py:9 uses render_template, but the file never imports it",),
        "main.py:9",
        "`from flask import Flask, render_template`",
        "page",
    ),
    Case(
        "render_template_with_import_flask",
        view("return render_template('a')", "import flask\n\n\napp = flask.Flask(__name__)\n\n\n"),
        ("uses render_template",),
        "main.py:9",
        "`flask.render_template`",
        "page",
    ),
    Case(
        "flask_not_imported",
        "app = Flask(__name__)\n",
        ("main.py:1 uses Flask",),
        "main.py:1",
        "`from flask import Flask`",
    ),
    Case(
        "randint_bare",
        view("return str(randint(1, 9))"),
        ("main.py:9 uses randint",),
        "main.py:9",
        "random.randint",
        "page",
    ),
    Case(
        "misspelt_variable",
        view("random_num = 5\nreturn str(randon_num)"),
        ("uses randon_num", "did you mean random_num (line 9)?"),
        "main.py:10",
        "Write random_num",
        "page",
    ),
    Case(
        "misspelt_function",
        view("return render_templat('base.html')"),
        ("render_template",),
        "main.py:9",
        "render_template",
        "page",
    ),
    Case(
        "used_before_definition",
        "from flask import Flask\n@app.route('/')\ndef home():\n    return ''\napp = Flask(__name__)\n",
        ("main.py:2 uses app before line 5",),
        "main.py:2",
        "above line 2",
    ),
    Case(
        "local_elsewhere",
        APP + "@app.route('/')\ndef home():\n    number = 1\n    return 'x'\n\nprint(number)\n",
        ("only inside home()",),
        "main.py:12",
    ),
    Case("true_small", APP + "app.run(debug=true)\n", ("true", "True"), "main.py:7", "True"),
    Case(
        "file_without_quotes",
        view("return render_template(base.html)"),
        ("base.html without quotes",),
        "main.py:9",
        "'base.html'",
        "page",
    ),
    Case(
        "folder_without_quotes",
        "from flask import Flask\napp = Flask(__name__, template_folder=templates)\n",
        ("templates without quotes",),
        "main.py:2",
        "'templates'",
    ),
    Case(
        "name_of_nothing", view("return zzqx"), ("uses zzqx, which is not defined",), "main.py:9", "Define zzqx", "page"
    ),
    Case(
        "guard_main_without_quotes",
        APP + "if __name__ == __main__:\n    app.run()\n",
        ("main guard in main.py:7", "in quotes"),
        "main.py:7",
        'if __name__ == "__main__":',
    ),
    Case(
        "guard_name_bare",
        APP + "if name == '__main__':\n    app.run()\n",
        ("main guard in main.py:7", "name instead of __name__"),
        "main.py:7",
    ),
    Case(
        "unbound_local",
        "count = 0\n" + view("count += 1\nreturn str(count)"),
        ("main.py:10 reads count before home()",),
        "main.py:10",
        "global count",
        "page",
    ),
    Case("package_misspelt", "from falsk import Flask\n", ("falsk", "did you mean flask?"), "main.py:1", "`flask`"),
    Case("package_case", "from Flask import Flask\n", ("imports Flask", "did you mean flask?"), "main.py:1", "`flask`"),
    Case(
        "package_not_of_course",
        "import flask\nimport numpyro_lab\n",
        ("main.py:2 imports numpyro_lab", "not installed for this course"),
        "main.py:2",
        "Flask",
    ),
    Case(
        "member_as_module",
        "import render_template\n",
        ("part of flask",),
        "main.py:1",
        "`from flask import render_template`",
    ),
    Case(
        "own_module_misspelt",
        "import helpes\n",
        ("did you mean helpers?",),
        "main.py:1",
        "`helpers`",
        more=(("helpers.py", ""),),
    ),
    Case(
        "name_misspelt_in_import",
        "from flask import Flask, render_templates\n",
        ("imports render_templates from flask", "did you mean render_template?"),
        "main.py:1",
        "render_template",
    ),
    Case("flask_small_in_import", "from flask import flask\n", ("did you mean Flask?",), "main.py:1", "import Flask"),
    Case(
        "name_missing_in_own_module",
        "from pages import hme\n",
        ("pages.py, which has no hme", "did you mean home?"),
        "main.py:1",
        more=(("pages.py", "def home():\n    pass\n"),),
    ),
    Case(
        "circular_import",
        "from pages import home\nthing = 1\n",
        ("circular import",),
        "other.py:1",
        more=(("pages.py", "from other import thing\nhome = 1\n"), ("other.py", "from pages import home\nthing = 2\n")),
    ),
    Case("relative_import", "from .app import app\n", ("leading dot",), "main.py:1", "from app import app", "fresh"),
    Case(
        "file_named_flask",
        "from flask import Flask\napp = Flask(__name__)\n",
        ("flask.py has the name of the flask module",),
        "flask.py",
        "Rename flask.py",
        "fresh",
        more=(("flask.py", "x = 1\n"),),
    ),
    Case(
        "file_named_random",
        "import random\nprint(random.randint(1, 2))\n",
        ("random.py has the name of the random module",),
        "random.py",
        "Rename",
        "fresh",
        more=(("random.py", "x = 1\n"),),
    ),
    Case(
        "module_attribute",
        view("return str(random.randInt(1, 2))"),
        ("random.randInt", "did you mean randint?"),
        "main.py:9",
        "random.randint",
        "page",
    ),
    Case(
        "from_random_import_random",
        "from random import random\nprint(random.randint(1, 2))\n",
        ("only the function random",),
        "main.py:2",
        "Change line 1 to `import random`",
    ),
    Case(
        "flask_attribute",
        APP + "@app.rout('/')\ndef home():\n    return ''\n",
        (".rout", "did you mean route?"),
        "main.py:7",
        ".route",
    ),
    Case(
        "app_is_function",
        APP + "def app():\n    pass\n\napp.run()\n",
        ("taken the name of the Flask app",),
        "main.py:10",
    ),
]

SYNTAX = [
    Case("missing_colon", APP + "def home()\n    return ''\n", ("main.py:7 lacks a colon",), "main.py:7", "`:`"),
    Case(
        "missing_bracket",
        APP + "app.run(host='0.0.0.0'\nx = 1\n",
        ("main.py:7", "bracket ( ", "never closed"),
        "main.py:7",
    ),
    Case(
        "missing_quote",
        APP + "@app.route('/)\ndef home():\n    return ''\n",
        ("main.py:7 has a quote that is never closed",),
        "main.py:7",
    ),
    Case("triple_quote", "x = 1\ny = '''abc\nz\n", ("three quotes",), "main.py:2"),
    Case("unexpected_indent", "x = 1\n  y = 2\n", ("main.py:2 is indented",), "main.py:2"),
    Case("no_indent", APP + "def home():\nreturn ''\n", ("main.py:8 must be indented",), "main.py:8", "four spaces"),
    Case("dedent", "def f():\n    x = 1\n  y = 2\n", ("indented differently",), "main.py:3"),
    Case("tabs", "if True:\n\tx = 1\n        y = 2\n", ("mixes tabs and spaces",), "main.py:3", "spaces only"),
    Case("colon_argument", APP + "app.run(host: '0.0.0.0')\n", ("main.py:7 uses `:`",), "main.py:7", "host='0.0.0.0'"),
    Case(
        "assignment_in_guard",
        APP + "if __name__ = '__main__':\n    app.run()\n",
        ("= where a comparison",),
        "main.py:7",
        'if __name__ == "__main__":',
    ),
    Case("curly_quotes", "x = \u201chello\u201d\n", ("curly quote",), "main.py:1", "straight"),
    Case("print_statement", "print 'x'\n", ("calls print without parentheses",), "main.py:1"),
    Case("comma_missing", APP + "app.run(host='0.0.0.0' port=5000)\n", ("lacks a comma",), "main.py:7"),
    Case("host_without_quotes", APP + "app.run(host=0.0.0.0)\n", ("address without quotes",), "main.py:7", "'0.0.0.0'"),
    Case("else_if", "x = 1\nif x:\n    pass\nelse if x:\n    pass\n", ("`else if`",), "main.py:4", "elif"),
    Case("html_in_python", "<h1>Hello</h1>\n", ("HTML",), "main.py:1", "templates/"),
    Case("minus_in_name", APP + "dict(random-number=5)\n", ("minus sign in a name",), "main.py:7", "random_number"),
    Case("return_outside", "x = 1\nreturn x\n", ("`return` outside of a function",), "main.py:2"),
    Case("wrong_closer", "x = [1)\n", ("closes with )",), "main.py:1"),
    Case("def_without_brackets", "def home:\n    pass\n", ("parentheses",), "main.py:1", "def home():"),
    Case(
        "path_without_quotes",
        APP + "@app.route(/)\ndef home():\n    return ''\n",
        ("path without quotes",),
        "main.py:7",
    ),
    Case("keyword_as_name", "class = 3\n", ("uses class as a name",), "main.py:1"),
    Case("not_utf8", b"# caf\xe9\nx = 1\n", ("not stored as UTF-8",), "main.py", "UTF-8", "fresh"),
    Case("null_bytes", b"x = 1\n\0\n", ("null bytes",), "main.py"),
    Case(
        "in_own_module",
        "import pages\n",
        ("pages.py:1 lacks a colon",),
        "pages.py:1",
        more=(("pages.py", "def f()\n    pass\n"),),
    ),
    Case("other_syntax", "x y\n", ("main.py:1 is not valid Python",), "main.py:1"),
]

ADDRESSES = [
    Case(
        "port_is_text",
        APP + GUARD + "    app.run(port='any')\n",
        ("main.py:8 gives the port as text",),
        "main.py:8",
        "without quotes",
    ),
    Case(
        "port_text_to_werkzeug",
        "from werkzeug.serving import run_simple\nrun_simple('0.0.0.0', '5000', None)\n",
        ("main.py:2 gives the port as text",),
        "main.py:2",
    ),
    Case(
        "port_not_called",
        APP + GUARD + "    app.run(port=random.randint)\n",
        ("main.py:8", "random.randint", "no number"),
        "main.py:8",
    ),
    Case(
        "port_too_large",
        "from http.server import *\nHTTPServer(('0.0.0.0', 99999), BaseHTTPRequestHandler)\n",
        ("0 to 65535",),
        "main.py:2",
    ),
    Case(
        "host_with_port",
        APP + GUARD + "    app.run(host='localhost:5000', port=5017)\n",
        ("'localhost:5000'", "has a port in it"),
        "main.py:8",
        "host='0.0.0.0'",
    ),
    Case(
        "host_is_url",
        APP + GUARD + "    app.run(host='http://0.0.0.0', port=5018)\n",
        ("is a URL and no host",),
        "main.py:8",
    ),
    Case(
        "host_impossible",
        APP + GUARD + "    app.run(host='256.1.1.1', port=5019)\n",
        ("'256.1.1.1'", "no valid address"),
        "main.py:8",
    ),
    Case(
        "port_twice",
        "import socket, threading\n"
        + APP.replace("import random\n", "")
        + "s = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\n"
        + "app.run(port=s.getsockname()[1])\napp.run(port=5000)\n",
        ("second server",),
        "main.py:11",
        "one call",
    ),
    Case(
        "randint_swapped",
        APP + GUARD + "    app.run(port=random.randint(9000, 2000))\n",
        ("larger and a smaller",),
        "main.py:8",
        "smaller number comes first",
    ),
    Case(
        "randint_text",
        APP + GUARD + "    app.run(port=random.randint('2000', '9000'))\n",
        ("text instead of numbers",),
        "main.py:8",
        "quotes",
    ),
    Case(
        "randint_one",
        APP + GUARD + "    app.run(port=random.randint(2000))\n",
        ("lowest and the highest",),
        "main.py:8",
    ),
    Case(
        "run_argument",
        APP + GUARD + "    app.run(hots='0.0.0.0', port=5020)\n",
        ("app.run", "argument hots"),
        "main.py:8",
        "`host=`",
    ),
]

STARTING = [
    Case("keyboard", "name = input('Name? ')\n", ("main.py:1", "a server cannot ask the keyboard"), "main.py:1"),
    Case("endless_loop", APP + "while True:\n    pass\n", ("main.py:7 begins a loop that does not end",), "main.py:7"),
    Case(
        "exits",
        APP + HOME + "import sys\nsys.exit(3)\n" + RUN,
        ("main.py:13 ends the program",),
        "main.py:13",
        "Take this line out",
    ),
    Case("quits", APP + HOME + "quit()\n", ("main.py:12 ends the program with quit()",), "main.py:12"),
    Case("no_run", APP + HOME, ("never calls app.run()",), None, "app.run(...)"),
    Case(
        "run_not_called",
        APP + HOME + GUARD + "    app.run\n",
        ("main.py:13 only names app.run",),
        "main.py:13",
        "`app.run()`",
    ),
    Case(
        "run_in_uncalled_function",
        APP + HOME + "def main():\n    app.run()\n",
        ("nothing calls main()",),
        "main.py:13",
        "Call main()",
    ),
    Case(
        "guard_main",
        APP + HOME + RUN.replace("__main__", "main"),
        ('compares __name__ with "main" instead of "__main__"',),
        "main.py:12",
        'if __name__ == "__main__":',
    ),
    Case("guard_space", APP + HOME + RUN.replace("__main__", "__main__ "), ('"__main__ "',), "main.py:12"),
    Case("guard_one_underscore", APP + HOME + RUN.replace("__main__", "_main_"), ('"_main_"',), "main.py:12"),
    Case("empty", "", ("main.py is empty",), "main.py"),
    Case(
        "flask_without_name",
        "from flask import Flask\napp = Flask()\n",
        ("Flask() without the name",),
        "main.py:2",
        "Flask(__name__)",
    ),
    Case(
        "flask_not_called",
        "from flask import Flask\napp = Flask\n@app.route('/')\ndef home():\n    return ''\n",
        ("main.py:2 names Flask without calling it",),
        "main.py:2",
    ),
    Case(
        "flask_argument",
        "from flask import Flask\napp = Flask(__name__, templates_folder='templates')\n",
        ("Flask", "templates_folder"),
        "main.py:2",
        "`template_folder=`",
    ),
    Case(
        "module_called",
        "import flask\napp = flask(__name__)\n",
        ("calls flask, which is a module",),
        "main.py:2",
        "flask.Flask",
    ),
    Case(
        "two_views_of_one_name",
        APP + HOME + "@app.route('/b')\ndef home():\n    return ''\n",
        ("second view called home", "line 8"),
        "main.py:13",
        "another name",
    ),
    Case(
        "no_slash",
        APP + "@app.route('home')\ndef home():\n    return ''\n",
        ("does not begin with a slash",),
        "main.py:7",
    ),
    Case(
        "missing_file",
        "open('data/Names.txt')\n",
        ("'data/Names.txt'", "data/names.txt"),
        "main.py:1",
        more=(("data/names.txt", ""),),
    ),
    Case("file_not_handed_in", "open('config.json')\n", ("was not handed in",), "main.py:1", "Hand in config.json"),
    Case(
        "undecodable_file",
        "open('a.txt', encoding='utf-8').read()\n",
        ("not stored as UTF-8",),
        "main.py:1",
        more=(("a.txt", b"\xff\xfe\xfa"),),
    ),
    Case("unset_variable", "import os\nport = os.environ['LAB_PORT']\n", ("LAB_PORT",), "main.py:2", "os.environ.get"),
    Case(
        "context",
        APP + "page = render_template('base.html')\n",
        ("only while a page is made",),
        "main.py:7",
        "view",
        more=template(BASE),
    ),
    Case("killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", ("signal 9 (SIGKILL)",), "main.py"),
    Case(
        "zero_division", "x = 1\nprint(x / 0)\n", ("main.py:2 raised ZeroDivisionError: division by zero",), "main.py:2"
    ),
    Case(
        "own_exception",
        "class LabError(Exception):\n    pass\ndef go():\n    raise LabError('a' * 900)\ngo()\n",
        ("main.py:4 raised LabError: aaa", "in go()"),
        "main.py:4",
    ),
]

PAGES = [
    Case(
        "returns_none", view("x = 5"), ("home() ends without `return`",), "main.py:8", "return render_template", "page"
    ),
    Case(
        "return_forgotten",
        view("render_template('base.html')"),
        ("does not return it",),
        "main.py:9",
        "`return` before it",
        "page",
        template("x"),
    ),
    Case("bare_return", view("return"), ("`return` without a value",), "main.py:8", "", "page"),
    Case("returns_number", view("return 5"), ("type int",), "main.py:9", "str(number)", "page"),
    Case(
        "view_argument",
        view("return ''").replace("home()", "home(x)"),
        ("home() asks for x",),
        "main.py:8",
        "`def home():`",
        "page",
    ),
    Case(
        "route_value",
        view("return ''", rule="'/<name>'"),
        ("gives name, but home() does not take it",),
        "main.py:8",
        "`def home(name):`",
        "page",
        path="/bob",
    ),
    Case("template_missing", view(RENDER), ("'base.html'", "no templates/base.html"), "main.py:9", "templates", "page"),
    Case(
        "template_case",
        view(RENDER),
        ("there is templates/Base.html, and case matters",),
        "main.py:9",
        "Rename it to templates/base.html",
        "page",
        (("templates/Base.html", BASE),),
    ),
    Case(
        "template_htm",
        view(RENDER),
        ("there is templates/base.htm",),
        "main.py:9",
        "Rename",
        "page",
        (("templates/base.htm", BASE),),
    ),
    Case(
        "template_folder_name",
        view(RENDER),
        ("lies at template/base.html",),
        "main.py:9",
        "templates",
        "page",
        (("template/base.html", BASE),),
    ),
    Case(
        "template_beside", view(RENDER), ("lies at base.html",), "main.py:9", "Move it", "page", (("base.html", BASE),)
    ),
    Case(
        "template_other",
        view(RENDER),
        ("has only index.html",),
        "main.py:9",
        "",
        "page",
        (("templates/index.html", BASE),),
    ),
    Case(
        "template_with_folder",
        view(RENDER.replace("base", "templates/base")),
        ("inside the folder templates",),
        "main.py:9",
        "'base.html'",
        "page",
        template(BASE),
    ),
    Case(
        "template_tag",
        view(RENDER),
        ("templates/base.html:1 writes random_number between {% and %}",),
        "templates/base.html:1",
        "`{{ random_number }}`",
        "page",
        template("<h1>{% random_number %}</h1>"),
    ),
    Case(
        "template_one_closing_brace",
        view(RENDER),
        ("templates/base.html:2",),
        "templates/base.html:2",
        "{{ random_number }}",
        "page",
        template("\n<h1>{{ random_number }</h1>"),
    ),
    Case(
        "template_two_words",
        view(RENDER),
        ("cannot read",),
        "templates/base.html:1",
        "one name",
        "page",
        template("<h1>{{ random number }}</h1>"),
    ),
    Case(
        "template_empty_expression",
        view(RENDER),
        ("nothing between {{ and }}",),
        "templates/base.html:1",
        "",
        "page",
        template("<h1>{{ }}</h1>"),
    ),
    Case(
        "template_open_block",
        view(RENDER),
        ("never closed", "opens a block"),
        "templates/base.html",
        "{% endif %}",
        "page",
        template("{% if random_number %}\n<p>"),
    ),
    Case(
        "template_filter",
        view(RENDER),
        ("filter rnd",),
        "templates/base.html:1",
        "",
        "page",
        template("{{ random_number|rnd }}"),
    ),
    Case(
        "template_undefined",
        view("return render_template('base.html', random_num=5)"),
        ("uses random_number", "main.py:9 passes random_num"),
        "templates/base.html:1",
        "random_num",
        "page",
        template("{{ random_number.real.x }}"),
    ),
    Case(
        "template_not_utf8",
        view(RENDER),
        ("not stored as UTF-8",),
        "main.py:9",
        "encoding UTF-8",
        "page",
        (("templates/base.html", b"\xe9\xff"),),
    ),
    Case(
        "render_positional",
        view("return render_template('base.html', 5)"),
        ("a value without a name",),
        "main.py:9",
        "random_number=random_num",
        "page",
        template(BASE),
    ),
    Case("render_nothing", view("return render_template()"), ("which file",), "main.py:9", "'base.html'", "page"),
    Case(
        "text_plus_number",
        view("return 'The number is ' + random.randint(1, 9)"),
        ("joins text and a number",),
        "main.py:9",
        "str(number)",
        "page",
    ),
    Case(
        "post_only",
        view("return ''", rule="'/', methods=['POST']"),
        ("main.py:7", "takes only POST"),
        "main.py:7",
        '"GET"',
        "page",
    ),
    Case(
        "other_rule",
        view("return ''", rule="'/home'"),
        ("No route serves /", "/home"),
        "main.py:7",
        "@app.route('/')",
        "page",
    ),
    Case(
        "decorator_without_call",
        APP + "@app.route\ndef home():\n    return ''\n",
        ("main.py:7", "no parentheses"),
        "main.py:7",
        "`@app.route('/')`",
        "page",
    ),
    Case(
        "decorator_without_at",
        APP + "app.route('/')\ndef home():\n    return ''\n",
        ("main.py:7 lacks the @",),
        "main.py:7",
        "`@app.route('/')`",
        "page",
    ),
    Case("second_app", APP + HOME + "app = Flask(__name__)\n", ("second app",), "main.py:12", "once", "page"),
    Case("aborts", view("import flask\nflask.abort(404)"), ("abort()",), "main.py:10", "", "page"),
    Case("recursion", view("return home()"), ("home() calls itself",), "main.py:9", "return the page", "page"),
    Case(
        "url_for",
        view("from flask import url_for\nreturn url_for('hom')"),
        ("url_for for 'hom'",),
        "main.py:10",
        "url_for('home')",
        "page",
    ),
    Case(
        "session",
        view("from flask import session\nsession['a'] = 1\nreturn ''"),
        ("no secret key",),
        "main.py:10",
        "secret_key",
        "page",
    ),
    Case(
        "page_crash",
        view("return str(1 / 0)"),
        ("main.py:9 raised ZeroDivisionError: division by zero, in home()",),
        "main.py:9",
        "",
        "page",
    ),
    Case(
        "late_route",
        APP + HOME + "app.test_client().get('/')\n@app.route('/b')\ndef b():\n    return ''\n",
        ("after the server has begun",),
        "main.py:13",
        "above app.run()",
    ),
    Case("empty_page", view("return ''"), ("empty page",), "main.py:8", "", "page"),
]

CASES = NAMES + SYNTAX + ADDRESSES + STARTING + PAGES

_FILE = re.compile(r'^\s+File "(.+?)", line (\d+)(?:, in (.+))?$')


def traceback_of(log: str, folder: Path) -> Traceback | None:
    """The last traceback that a program printed."""
    lines = (
        log[log.rfind("Traceback (most recent call last):") :].split("\n") if "Traceback" in log else log.split("\n")
    )
    frames, after = [], 0
    for number, line in enumerate(lines):
        found = _FILE.match(line)
        if found:
            path = Path(found[1]) if Path(found[1]).is_absolute() else folder / found[1]
            own = path.is_relative_to(folder) and not found[1].startswith("<")
            frames.append(
                Frame(str(path.relative_to(folder)) if own else str(path), int(found[2]), found[3] or "", own)
            )
            after = number
    ends = (
        (n, re.match(r"([A-Za-z_][\w.]*)(?:: (.*))?$", line)) for n, line in enumerate(lines) if n > after or not frames
    )
    last = next(((n, m) for n, m in ends if m and re.search(r"(Error|Exception|NotFound|Exit)$", m[1])), None)
    if last is None:
        return None
    number, match = last
    message = "\n".join([match[2] or "", *lines[number + 1 :]]).strip()
    return Traceback(match[1].rpartition(".")[2], message, tuple(frames), log)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, int]]:
    """Every case's folder and exit code; one real interpreter with Flask forks for each program."""
    root = tmp_path_factory.mktemp("programs")
    tasks: list[dict[str, Any]] = []
    for case in CASES:
        folder = root / case.name
        for path, content in case.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
        tasks.append({"folder": str(folder), "mode": case.mode, "path": case.path, "method": case.method})
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], input=json.dumps(tasks), capture_output=True, text=True, cwd=root, check=True
    )
    return {c.name: (root / c.name, code) for c, code in zip(CASES, json.loads(done.stdout), strict=True)}


def evidence_of(case: Case) -> Evidence:
    files = (
        SourceFile(
            p, len(c), None if isinstance(c, bytes) and b"\0" not in c else c.decode() if isinstance(c, bytes) else c
        )
        for p, c in sorted(case.files.items())
    )
    return Evidence(nonce="n", entry="main.py", files=tuple(files))


def finding_of(case: Case, folder: Path, code: int) -> diagnosis.Finding:
    log = Path(f"{folder}.log").read_text("utf-8", "replace")
    traceback = traceback_of(log, folder)
    if case.mode == "page":
        answer = json.loads(Path(f"{folder}.answer").read_text())
        exchange = Exchange(
            "e",
            "s",
            Request(case.path, case.method),
            answer["status"],
            body=answer["body"].encode(),
            traceback=traceback,
        )
        return diagnosis.page_failure(evidence_of(case), exchange)
    silent = code in (-signal.SIGALRM, -signal.SIGPROF)
    end = Exit(signal=-code) if code < 0 else Exit(code)
    state = StartState.SILENT if silent else StartState.ENDED
    start = Start("s", Condition(), 0, state, exit=None if silent else end, log=log, traceback=traceback)
    return diagnosis.start_failure(evidence_of(case), start)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_fault_is_named_with_its_line_and_what_to_change(case: Case, ran: dict[str, tuple[Path, int]]) -> None:
    finding = finding_of(case, *ran[case.name])
    for words in case.words:
        assert words in finding.message
    assert case.hint in finding.hint
    assert finding.hint
    if case.where is None:
        assert finding.location is None
    else:
        assert str(finding.location).startswith(case.where)
        if ":" in case.where:
            assert str(finding.location) == case.where


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_findings_are_short_and_quote_only_what_the_grader_read(case: Case, ran: dict[str, tuple[Path, int]]) -> None:
    folder, code = ran[case.name]
    finding = finding_of(case, folder, code)
    assert len(finding.message) <= 400
    assert str(folder.parent) not in finding.message + finding.hint
    if finding.location and finding.location.source:
        file = evidence_of(case).file(finding.location.path)
        assert file
        assert finding.location.source == (file.line(finding.location.line) or "").strip()[:200]
