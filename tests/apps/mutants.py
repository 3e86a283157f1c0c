"""The reference app, broken mechanically: each mutant makes one mistake and must lose exactly its own points.

A mutant is a handful of text replacements in `student_app/`. Some lose nothing: they are other ways of being right,
and show that a grader does not merely compare with the reference.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

MAIN, PAGE = "main.py", "templates/base.html"

Edit = tuple[str, str, str]  # path relative to the app, text that stands there exactly once, what takes its place


@dataclass(frozen=True)
class Mutant:
    """A variant of the reference app: `edits` are made in their order, `lost` names the ids that lose their points."""

    name: str
    edits: tuple[Edit, ...]
    lost: tuple[str, ...] = ()


def apply(mutant: Mutant, source: Path, target: Path) -> None:
    """Copies the app in `source` to `target`, which must not exist, and makes the mutant's edits there.

    Raises ValueError where the old text of an edit does not stand in its file exactly once.
    """
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path, old, new in mutant.edits:
        file = target / path
        text = file.read_bytes().decode()
        if text.count(old) != 1:
            raise ValueError(f"mutant {mutant.name}: {old!r} stands {text.count(old)} times in {path}, not once")
        file.write_bytes(text.replace(old, new).encode())


_ADDRESS = ("starts", "binds-all", "random-port")
_START = (*_ADDRESS, "main-guard")
_VARIABLE = ("heading", "number-in-page", "number-random", "template-variable")
_HOME = ("home-route", "home-template", *_VARIABLE)
_ALL = (*_START, "templates-folder", "static-folder", *_HOME)

_IMPORT = "import random\n"
_FROM = "from flask import Flask, render_template\n"
_APP = 'app = Flask(__name__, template_folder="templates", static_folder="static")\n'
_ROUTE = '@app.route("/")\n'
_VIEW = "def home():\n"
_DRAW = "    random_num = random.randint(1, 100000)\n"
_RETURN = '    return render_template("base.html", random_number=random_num)\n'
_GUARD = 'if __name__ == "__main__":\n'
_RUN = '    app.run(host="0.0.0.0", port=random.randint(2000, 9000))\n'
_HEADING = "<h1>The number is {{ random_number }}</h1>"


def _main(name: str, old: str, new: str, *lost: str) -> Mutant:
    """A mutant with one edit in main.py."""
    return Mutant(name, ((MAIN, old, new),), lost)


def _heading(name: str, new: str, *lost: str) -> Mutant:
    """A mutant with another heading in base.html."""
    return Mutant(name, ((PAGE, _HEADING, new),), lost)


_START_MUTANTS = (
    _main("random not imported", _IMPORT, "", *_ADDRESS, *_HOME),
    _main("random imported from itself", _IMPORT, "from random import random\n", *_ADDRESS, *_HOME),
    _main("Flask not imported", _FROM, "from flask import render_template\n", *_ALL),
    _main("package that the course does not have", _IMPORT, "import random\nimport pandas\n", *_ALL),
    _main("no colon", "def home():", "def home()", *_ALL),
    _main("no indentation", _DRAW, _DRAW.lstrip(), *_ALL),
    _main("no closing bracket", "random.randint(2000, 9000))", "random.randint(2000, 9000)", *_ALL),
    _main("exit at import", _APP, _APP + "raise SystemExit\n", *_ALL),
    _main("input at import", _APP, _APP + 'input("Ready?")\n', *_ALL),
    _main("no guard", _GUARD + _RUN, _RUN.lstrip(), "main-guard"),
    _main("guard always true", _GUARD, "if __name__:\n", "main-guard"),
    _main("guard misspelt", '"__main__"', '"main"', *_START),
    _main("guard without a run", _RUN, "    pass\n", *_START),
    _main("run in a function that nothing calls", _GUARD, "def main():\n", *_START),
    _main("run not called", _RUN, "    app.run\n", *_START),
    _main("crash inside the guard", _RUN, "    1 / 0\n" + _RUN, *_ADDRESS),
)

_ADDRESS_MUTANTS = (
    _main("localhost", '"0.0.0.0"', '"localhost"', "binds-all"),
    _main("no host", 'host="0.0.0.0", ', "", "binds-all"),
    _main("host with a port", '"0.0.0.0"', '"localhost:5000"', *_ADDRESS),
    _main("fixed port", "random.randint(2000, 9000)", "5000", "random-port"),
    _main("port of one choice", "random.randint(2000, 9000)", "random.choice([5000])", "random-port"),
    _main("port drawn from one", "2000, 9000", "5000, 5000", "random-port"),
    _main("port can be 1999", "2000, 9000", "1999, 9000", "random-port"),
    _main("port can be 9001", "2000, 9000", "2000, 9001", "random-port"),
    _main("port always the same by its seed", _GUARD, _GUARD + "    random.seed(1)\n", "random-port"),
    _main("port is text", "random.randint(2000, 9000)", '"port"', *_ADDRESS),
    _main("no host and no port", 'host="0.0.0.0", port=random.randint(2000, 9000)', "", "binds-all", "random-port"),
)

_FOLDER_MUTANTS = (
    _main("other template folder", '"templates"', '"pages"', "templates-folder", *_HOME),
    _main("other static folder", '"static"', '"assets"', "static-folder"),
    _main("other static address", 'static_folder="static"', 'static_url_path="/files"', "static-folder"),
)

_VIEW_MUTANTS = (
    _main("render_template not imported", _FROM, "from flask import Flask\n", *_HOME),
    _main("decorator not called", _ROUTE, "@app.route\n", *_HOME),
    _main("no decorator", _ROUTE, "", *_HOME),
    _main("other route", _ROUTE, '@app.route("/home")\n', *_HOME),
    _main("POST only", _ROUTE, '@app.route("/", methods=["POST"])\n', *_HOME),
    _main("argument that the route does not give", _VIEW, "def home(number):\n", *_HOME),
    _main("crash in the view", _DRAW, _DRAW + "    1 / 0\n", *_HOME),
    _main("no return", _RETURN, _RETURN.replace("return ", ""), *_HOME),
    _main("empty text", _RETURN, '    return ""\n', *_HOME),
    _main("endless redirect", _RETURN, '    return app.redirect("/")\n', *_HOME),
    _main("redirect to another host", _RETURN, '    return app.redirect("https://example.com/")\n', *_HOME),
    _main("template that does not exist", '"base.html"', '"index.html"', *_HOME),
    _main("text", _RETURN, '    return "I love CS253!"\n', "home-template", *_VARIABLE),
    _main(
        "f-string",
        _RETURN,
        '    return f"<h1>The number is {random_num}</h1>"\n',
        "home-template",
        "template-variable",
    ),
    Mutant(
        "template string",
        (
            (MAIN, "Flask, render_template\n", "Flask, render_template_string\n"),
            (MAIN, 'render_template("base.html",', f'render_template_string("{_HEADING}",'),
        ),
        ("home-template", "template-variable"),
    ),
    _main("variable not passed", ", random_number=random_num", "", *_VARIABLE),
    _main("variable passed under another name", "random_number=", "number=", *_VARIABLE),
    Mutant(
        "variable of another name in both files",
        ((MAIN, "random_number=", "number="), (PAGE, "random_number", "number")),
        ("template-variable",),
    ),
)

_NUMBER_MUTANTS = (
    _main("number can be 0", "1, 100000", "0, 100000", "number-in-page"),
    _main("number can be 100001", "1, 100000", "1, 100001", "number-in-page"),
    _main("negative number", "1, 100000", "-100000, -1", "number-in-page"),
    _main("number that is not whole", "randint(1, 100000)", "uniform(1, 100000)", "number-in-page"),
    _main("fixed number", "random.randint(1, 100000)", "42", "number-random"),
    _main("seed in the view", _DRAW, "    random.seed(7)\n" + _DRAW, "number-random"),
    Mutant(
        "number drawn at import",
        ((MAIN, _DRAW, ""), (MAIN, _APP, _APP + _DRAW.lstrip())),
        ("number-random",),
    ),
)

_HEADING_MUTANTS = (
    Mutant("h2", ((PAGE, "<h1>", "<h2>"), (PAGE, "</h1>", "</h2>")), ("heading", "number-in-page")),
    _heading("misspelt", "<h1>Teh number is {{ random_number }}</h1>", "heading", "number-in-page"),
    _heading("more words", "<h1>The number is {{ random_number }} today</h1>", "heading", "number-in-page"),
    _heading("no heading", "<p>The number is {{ random_number }}</p>", "heading", "number-in-page"),
    _heading("hello", "<h1>Hello, there!</h1>", "number-in-page", "number-random"),
    _heading("no number", "<h1>The number is</h1>", "heading", "number-in-page", "number-random"),
    _heading("single braces", "<h1>The number is { random_number }</h1>", "heading", "number-in-page", "number-random"),
    _heading("number in the template", "<h1>The number is 42</h1>", "number-random"),
    _heading("one brace too few", "<h1>The number is {{ random_number }</h1>", *_HOME),
)

_RIGHT_MUTANTS = (
    _main("other way round", _GUARD, 'if "__main__" == __name__:\n'),
    _main("default folders", ', template_folder="templates", static_folder="static"', ""),
    _main("debug", "9000))", "9000), debug=True)"),
    _main("randrange", "randint(2000, 9000)", "randrange(2000, 9001)"),
    _main("narrower range of ports", "2000, 9000", "3000, 3010"),
    _main("other name of the view", _VIEW, "def index():\n"),
    _main("more methods", _ROUTE, '@app.route("/", methods=["GET", "POST"])\n'),
    _heading("other case and punctuation", "<h1>the NUMBER is: <b>{{ random_number }}</b>.</h1>"),
)

MUTANTS: tuple[Mutant, ...] = (
    *_START_MUTANTS,
    *_ADDRESS_MUTANTS,
    *_FOLDER_MUTANTS,
    *_VIEW_MUTANTS,
    *_NUMBER_MUTANTS,
    *_HEADING_MUTANTS,
    *_RIGHT_MUTANTS,
)
