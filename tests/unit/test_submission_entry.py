"""Which file is started: small trees of the kinds that students hand in, each with the entry a person would name."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import AmbiguousEntryError, NotGradableError, UsageError
from grader.model import EntryKind, FlagKind, Submission
from grader.submission import open_submission

Tree = dict[str, str]

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
ROUTE = "\n@app.route('/')\ndef home():\n    return 'hi'\n"
GUARDED = "\nif __name__ == '__main__':\n    app.run(port=5000)\n"
APP = FLASK + ROUTE + GUARDED
APP_NO_RUN = FLASK + ROUTE
FACTORY = (
    "from flask import Flask\n\ndef create_app():\n    app = Flask(__name__)\n    @app.route('/')\n"
    "    def home():\n        return 'x'\n    return app\n"
)
RUN_FACTORY = "from site1 import create_app\n\napp = create_app()\n" + GUARDED
INIT_DB = "from app import app, db\n\nwith app.app_context():\n    db.create_all()\n"
PYCHARM = "def print_hi(name):\n    print(f'Hi, {name}')\n\nif __name__ == '__main__':\n    print_hi('PyCharm')\n"
HTTP_SERVER = (
    "from http.server import HTTPServer, SimpleHTTPRequestHandler\n"
    "HTTPServer(('', 8000), SimpleHTTPRequestHandler).serve_forever()\n"
)
ASYNCIO = (
    "import asyncio\n\nasync def main():\n    server = await asyncio.start_server(print, '0.0.0.0', 8000)\n"
    "    async with server:\n        await server.serve_forever()\n\nasyncio.run(main())\n"
)
WAITRESS = FLASK + ROUTE + "\nfrom waitress import serve\nserve(app, port=8080)\n"
MODELS = "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"
FORMS = "from flask_wtf import FlaskForm\nclass Form(FlaskForm):\n    pass\n"
BLUEPRINT = (
    "from flask import Blueprint\nbp = Blueprint('bp', __name__)\n\n@bp.route('/')\ndef home():\n    return 'x'\n"
)

SCRIPTS: dict[str, tuple[Tree, str]] = {
    "the lab": ({"main.py": APP, "templates/base.html": "<h1>x</h1>"}, "main.py"),
    "app.py instead": ({"app.py": APP}, "app.py"),
    "both are complete": ({"main.py": APP, "app.py": APP}, "main.py"),
    "an empty main beside the real app": ({"main.py": "", "app.py": APP}, "app.py"),
    "a main of comments only": ({"main.py": "# TODO\n# nothing\n", "app.py": APP}, "app.py"),
    "a main that only prints": ({"main.py": "print('hello')\n", "app.py": APP}, "app.py"),
    "the editor's own main": ({"main.py": PYCHARM, "app.py": APP}, "app.py"),
    "a main with only a docstring": ({"main.py": '"""Flask(app.run)"""\n', "app.py": APP}, "app.py"),
    "a main whose app is commented out": ({"main.py": "# app = Flask()\n# app.run()\n", "app.py": APP}, "app.py"),
    "an empty main alone": ({"main.py": "", "README.md": "x"}, "main.py"),
    "a main that only prints, alone": ({"main.py": "print('hello')\n"}, "main.py"),
    "a broken main": ({"main.py": "from flask import Flask\napp = Flask(__name__\napp.run()\n"}, "main.py"),
    "a broken main beside helpers": (
        {"main.py": "from flask import Flask\napp = Flask(__name__)\n def x(:\n", "helper.py": "x = 1\n"},
        "main.py",
    ),
    "a broken main beside a working app": (
        {"main.py": FLASK + ROUTE + "\nif __name__ = '__main__':\n    app.run()\n", "app.py": APP_NO_RUN},
        "main.py",
    ),
    "a main that is no Python at all": ({"main.py": "<html></html>", "util.py": "x = 1\n"}, "main.py"),
    "a main with null bytes": ({"main.py": "x = 1\0\n"}, "main.py"),
    "a main that starts an imported app": (
        {"main.py": "from app import app\napp.run()\n", "app.py": APP_NO_RUN},
        "main.py",
    ),
    "a main that calls the function that serves": (
        {"main.py": "import web\nweb.main()\n", "web.py": FLASK + ROUTE + "\ndef main():\n    app.run()\n"},
        "main.py",
    ),
    "a main that makes the imported factory": (
        {"main.py": RUN_FACTORY, "site1/__init__.py": FACTORY},
        "main.py",
    ),
    "a main that star-imports its app": (
        {"main.py": "from flask import *\nfrom web import *\napp.run()\n", "web.py": APP_NO_RUN},
        "main.py",
    ),
    "a main that forgot to run, beside another server": (
        {"main.py": APP_NO_RUN, "server.py": HTTP_SERVER},
        "main.py",
    ),
    "a main that sets up the database of the app": ({"main.py": INIT_DB, "app.py": APP}, "app.py"),
    "an app that run.py starts": ({"app.py": APP_NO_RUN, "run.py": "from app import app\napp.run()\n"}, "run.py"),
    "an app that wsgi.py only names": ({"app.py": APP, "wsgi.py": "from app import app\n"}, "app.py"),
    "a stale app beside a factory that run.py uses": (
        {"app.py": APP, "site1/__init__.py": FACTORY, "run.py": RUN_FACTORY},
        "run.py",
    ),
    "a stale app beside a factory that wsgi.py uses": (
        {"app.py": APP, "site1/__init__.py": FACTORY, "wsgi.py": "from site1 import create_app\napp = create_app()\n"},
        "wsgi.py",
    ),
    "wsgi.py and run.py for one factory": (
        {
            "wsgi.py": "from site1 import create_app\napplication = create_app()\n",
            "run.py": RUN_FACTORY,
            "site1/__init__.py": FACTORY,
        },
        "run.py",
    ),
    "an app in a package and run.py": (
        {
            "run.py": "from app import app\n\nif __name__ == '__main__':\n    app.run(debug=True)\n",
            "app/__init__.py": "from flask import Flask\napp = Flask(__name__)\nfrom app import routes\n",
            "app/routes.py": "from app import app\n" + ROUTE,
        },
        "run.py",
    ),
    "app.py that starts the package of its own name": (
        {"app.py": "from app import create_app\ncreate_app().run()\n", "app/__init__.py": FACTORY},
        "app.py",
    ),
    "wsgi.py alone with a factory that needs values": (
        {
            "wsgi.py": "from site1 import create_app\napp = create_app('prod')\n",
            "site1/__init__.py": "from flask import Flask\ndef create_app(config):\n    return Flask(__name__)\n",
        },
        "wsgi.py",
    ),
    "application.py": ({"application.py": APP.replace("app", "application"), "util.py": "x = 1\n"}, "application.py"),
    "server.py": ({"server.py": APP, "client.py": "import requests\nrequests.get('http://x')\n"}, "server.py"),
    "an app called server": ({"thing.py": APP.replace("app", "server"), "util.py": "x = 1\n"}, "thing.py"),
    "an app called x": ({"lab.py": "import flask\nx = flask.Flask('x')\nx.run()\n", "b.py": "y = 2\n"}, "lab.py"),
    "Flask under another name": (
        {"web.py": "from flask import Flask as F\na = F(__name__)\na.run()\n", "b.py": ""},
        "web.py",
    ),
    "a subclass of Flask": (
        {"web.py": "from flask import Flask\nclass Site(Flask):\n    pass\nSite('x').run()\n", "b.py": "z = 1\n"},
        "web.py",
    ),
    "an app in a class": (
        {
            "web.py": "from flask import Flask\nclass S:\n    def __init__(self):\n        self.app = Flask('x')\n"
            "    def go(self):\n        self.app.run()\nS().go()\n",
            "b.py": "z = 1\n",
        },
        "web.py",
    ),
    "a name with a hyphen": ({"my-server.py": APP, "helper.py": "x = 1\n"}, "my-server.py"),
    "a name with a leading digit": ({"1_hello.py": APP, "config.py": "KEY = 1\n"}, "1_hello.py"),
    "a folder called flask": ({"flask/notes.txt": "x", "flask/helper.py": "x = 1\n", "main.py": APP}, "main.py"),
    "all of it in a folder called flask": ({"flask/app.py": APP, "flask/templates/a.html": "x"}, "app.py"),
    "a file called flask": ({"flask.py": APP}, "flask.py"),
    "http.server in main": ({"main.py": HTTP_SERVER, "x.py": "y = 1\n"}, "main.py"),
    "http.server anywhere": ({"web1.py": HTTP_SERVER, "x.py": "y = 1\n"}, "web1.py"),
    "asyncio": ({"main.py": ASYNCIO, "app.py": "x = 1\n"}, "main.py"),
    "waitress": ({"main.py": WAITRESS}, "main.py"),
    "a plain socket": (
        {"net.py": "import socket\ns = socket.socket()\ns.bind(('', 80))\ns.listen()\n", "cl.py": "import socket\n"},
        "net.py",
    ),
    "socketio": (
        {
            "start1.py": FLASK + "from flask_socketio import SocketIO\nio = SocketIO(app)\nio.run(app)\n",
            "events.py": "from start1 import io\n",
        },
        "start1.py",
    ),
    "database scripts around the app": (
        {"app.py": APP, "init_db.py": INIT_DB, "models.py": MODELS, "config.py": "A = 1\n", "forms.py": FORMS},
        "app.py",
    ),
    "database scripts around an app of another name": (
        {
            "site1.py": APP + "db = 1\n",
            "init_db.py": "from site1 import app, db\ndb.create_all()\n",
            "models.py": MODELS,
            "seed.py": "import subprocess\nsubprocess.run(['ls'])\nfrom site1 import app\n",
        },
        "site1.py",
    ),
    "views that import the app": (
        {
            "hello.py": FLASK + "import views\n" + GUARDED,
            "views.py": "from flask import Flask\nfrom hello import app\n" + ROUTE,
        },
        "hello.py",
    ),
    "blueprints": (
        {
            "main.py": FLASK + "from shop.views import bp\napp.register_blueprint(bp)\napp.run()\n",
            "shop/__init__.py": "",
            "shop/views.py": BLUEPRINT,
            "auth/__init__.py": "from flask import Blueprint\nbp = Blueprint('a', __name__)\nfrom auth import routes\n",
            "auth/routes.py": "from auth import bp\n",
        },
        "main.py",
    ),
    "tests are never the entry": (
        {"web.py": APP, "test_web.py": "from web import app\napp.run()\n", "tests/main.py": APP, "tests/app.py": APP},
        "web.py",
    ),
    "a lone file that is called like a test": ({"test_flask.py": APP}, "test_flask.py"),
    "one script starts, the other only makes": ({"hello.py": APP, "world.py": APP_NO_RUN}, "hello.py"),
    "one folder around the rest": ({"lab/main.py": APP, "lab/templates/base.html": "x"}, "main.py"),
    "two folders around the rest": ({"week1/lab/main.py": APP}, "main.py"),
    "a nested folder beside a note": ({"lab/main.py": APP, "README.md": "x"}, "lab/main.py"),
    "src": ({"src/main.py": APP, "docs/x.md": "x"}, "src/main.py"),
    "the nearer one": ({"main.py": APP, "old/main.py": APP}, "main.py"),
    "a complete app below an empty one": ({"main.py": "", "lab/app.py": APP, "x.txt": ""}, "lab/app.py"),
    "a backend beside a front end": (
        {"backend/app.py": APP, "frontend/index.html": "x", "frontend/build.py": "print(1)\n"},
        "backend/app.py",
    ),
    "named by .replit": ({".replit": 'run = "python web2.py"\n', "web1.py": APP, "web2.py": APP}, "web2.py"),
    "named by .replit as a list": (
        {".replit": 'run = ["python3", "web2.py"]', "main.py": APP, "web2.py": APP},
        "web2.py",
    ),
    "named by .replit, but empty": ({".replit": 'entrypoint = "main.py"\n', "main.py": "", "app.py": APP}, "app.py"),
    "named by .replit, but not there": ({".replit": 'entrypoint = "gone.py"\n', "app.py": APP}, "app.py"),
    "named by an old Procfile further down": (
        {"main.py": APP, "old/Procfile": "web: gunicorn app:app\n", "old/app.py": APP},
        "main.py",
    ),
    "named by a Procfile in its folder": (
        {"README": "x", "lab/Procfile": "web: gunicorn two:app\n", "lab/one.py": APP, "lab/two.py": APP},
        "lab/two.py",
    ),
    "named by a Procfile": ({"Procfile": "web: gunicorn -w 4 web2:app\n", "web1.py": APP, "web2.py": APP}, "web2.py"),
    "named by .flaskenv": ({".flaskenv": "FLASK_APP=web2\n", "web1.py": APP, "web2.py": APP_NO_RUN}, "web2.py"),
    "a package whose module serves": (
        {"pack/__init__.py": "", "pack/main.py": APP, "setup.py": "from setuptools import setup\nsetup()\n"},
        "pack/main.py",
    ),
    "an __init__ that serves by itself": ({"pack/__init__.py": APP, "README": "x"}, "pack/__init__.py"),
    "other capitals": ({"Main.py": APP, "other.py": APP}, "Main.py"),
    "a script that names the factory and its settings": (
        {
            "flasky.py": "import os\nfrom app import create_app, db\napp = create_app(os.getenv('X') or 'default')\n",
            "app/__init__.py": "from flask import Flask\ndef create_app(config):\n    return Flask(__name__)\n",
            "app/views.py": BLUEPRINT,
            "config.py": "class Config:\n    pass\n",
            "tests/test_a.py": "from app import create_app\napp = create_app('test')\n",
        },
        "flasky.py",
    ),
    "a script that .flaskenv names": (
        {
            ".flaskenv": "FLASK_APP=blog.py\n",
            "blog.py": "from app import app, db\n",
            "app/__init__.py": FLASK + "from app import routes\n",
            "app/routes.py": "from app import app\n" + ROUTE,
        },
        "blog.py",
    ),
    "a bot that is kept alive by a server": (
        {
            "main.py": "from keep_alive import keep_alive\nimport discord\nkeep_alive()\ndiscord.Client().run('x')\n",
            "keep_alive.py": FLASK
            + "from threading import Thread\n"
            + ROUTE
            + "\ndef run():\n    app.run()\n\ndef keep_alive():\n    Thread(target=run).start()\n",
        },
        "main.py",
    ),
    "functions that would serve, if anybody called them": (
        {"alpha.py": FLASK + ROUTE + "\ndef go():\n    app.run()\n", "beta.py": APP},
        "beta.py",
    ),
    "an app of Python 2": ({"web.py": FLASK + "print 'hello'\n" + GUARDED, "seed.py": "print 'x'\n"}, "web.py"),
    "a graphical program beside its server": (
        {"main.py": "import tkinter\nroot = tkinter.Tk()\nroot.mainloop()\n", "api.py": APP},
        "api.py",
    ),
    "a module that makes what app.py fills": (
        {
            "config.py": FLASK,
            "app.py": "from config import app\nimport models\n" + ROUTE,
            "models.py": "from config import app\n",
        },
        "app.py",
    ),
    "an app that socketio from the package runs": (
        {
            "run.py": "from chat import socketio, app\n\nif __name__ == '__main__':\n    socketio.run(app)\n",
            "chat/__init__.py": FLASK + "from flask_socketio import SocketIO\nsocketio = SocketIO(app)\n",
        },
        "run.py",
    ),
    "a thread that serves": (
        {"go.py": FLASK + "import threading\nthreading.Thread(target=app.run).start()\n", "b.py": APP_NO_RUN},
        "go.py",
    ),
}

PACKAGES: dict[str, tuple[Tree, str, str]] = {
    "a factory": ({"site1/__init__.py": FACTORY, "README.md": "x"}, "site1/__init__.py", "create_app"),
    "make_app": (
        {"site1/__init__.py": FACTORY.replace("create_app", "make_app"), "x.md": ""},
        "site1/__init__.py",
        "make_app",
    ),
    "an app": (
        {
            "site1/__init__.py": FLASK + "from site1 import views\n",
            "site1/views.py": "from site1 import app\n",
            "x": "",
        },
        "site1/__init__.py",
        "",
    ),
    "a factory from inside": (
        {"site1/__init__.py": "from .core import create_app\n", "site1/core.py": FACTORY, "x.md": ""},
        "site1/__init__.py",
        "create_app",
    ),
    "an app from inside": (
        {"site1/__init__.py": "from .core import app\n", "site1/core.py": APP_NO_RUN, "x.md": ""},
        "site1/__init__.py",
        "",
    ),
    "below src": (
        {"src/site1/__init__.py": FACTORY, "pyproject.toml": "", "tests/test_a.py": "from site1 import create_app\n"},
        "src/site1/__init__.py",
        "create_app",
    ),
    "with __main__": (
        {
            "site1/__init__.py": FACTORY,
            "site1/__main__.py": "from . import create_app\nif __name__ == '__main__':\n    create_app().run()\n",
            "x.md": "",
        },
        "site1/__init__.py",
        "create_app",
    ),
    "beside a stale app without routes": (
        {"app.py": FLASK, "site1/__init__.py": FACTORY},
        "site1/__init__.py",
        "create_app",
    ),
    "the package's own folder": ({"__init__.py": FACTORY, "views.py": BLUEPRINT}, "work/__init__.py", "create_app"),
    "the package's own folder, wrapped": (
        {"shop/__init__.py": "from .core import app\n", "shop/core.py": APP_NO_RUN},
        "shop/__init__.py",
        "",
    ),
    "with a script for the command line only": (
        {
            "manage.py": "from site1 import create_app\nfrom flask_script import Manager as M\nM(create_app()).run()",
            "site1/__init__.py": FACTORY,
        },
        "site1/__init__.py",
        "create_app",
    ),
    "with a runner inside that only works as part of it": (
        {
            "site1/__init__.py": FLASK + ROUTE,
            "site1/run.py": "from site1 import app\napp.run()\n",
            "x.md": "",
        },
        "site1/__init__.py",
        "",
    ),
    "named by .flaskenv": (
        {".flaskenv": "FLASK_APP=two\n", "one/__init__.py": FACTORY, "two/__init__.py": FACTORY},
        "two/__init__.py",
        "create_app",
    ),
}

AMBIGUOUS: dict[str, tuple[Tree, list[str]]] = {
    "two labs side by side": ({"lab1/main.py": APP, "lab2/main.py": APP}, ["lab1/main.py", "lab2/main.py"]),
    "two labs, two names": ({"lab1/main.py": APP, "lab2/app.py": APP}, ["lab1/main.py", "lab2/app.py"]),
    "two labs that each declare their own": (
        {"a/.flaskenv": "FLASK_APP=x1", "a/x1.py": APP, "b/Procfile": "web: python x2.py", "b/x2.py": APP},
        ["a/x1.py", "b/x2.py"],
    ),
    "two steps, one finished": ({"a/main.py": APP_NO_RUN, "b/main.py": APP}, ["a/main.py", "b/main.py"]),
    "two complete files of any name": ({"one.py": APP, "two.py": APP}, ["one.py", "two.py"]),
    "two files that serve nothing": ({"one.py": "x = 1\n", "two.py": "x = 1\n"}, ["one.py", "two.py"]),
    "two factories": ({"a/__init__.py": FACTORY, "b/__init__.py": FACTORY}, ["a/__init__.py", "b/__init__.py"]),
}


def lay(folder: Path, tree: Tree) -> Path:
    for path, text in tree.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    return folder


@pytest.fixture
def opened(tmp_path: Path):
    def open_it(tree: Tree, entry: str | None = None, path: str = "") -> Submission:
        workspace = tmp_path / "workspace"
        workspace.mkdir()
        source = lay(tmp_path / "work", tree) / path
        return open_submission(source, entries=("main.py", "app.py"), entry=entry, workspace=workspace)

    return open_it


@pytest.mark.parametrize("case", SCRIPTS)
def test_finds_the_script(case: str, opened) -> None:
    tree, expected = SCRIPTS[case]
    found = opened(tree)
    assert (found.entry, found.entry_kind) == (expected, EntryKind.SCRIPT)
    assert (found.root / expected).is_file()


@pytest.mark.parametrize("case", PACKAGES)
def test_finds_the_package_and_its_factory(case: str, opened) -> None:
    tree, expected, factory = PACKAGES[case]
    found = opened(tree)
    assert (found.entry, found.entry_kind, found.factory) == (expected, EntryKind.PACKAGE, factory)
    assert (found.root / expected).is_file()
    assert expected in [file.path for file in found.files]


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_asks_where_nothing_but_chance_would_decide(case: str, opened) -> None:
    tree, candidates = AMBIGUOUS[case]
    with pytest.raises(AmbiguousEntryError) as caught:
        opened(tree)
    assert sorted(caught.value.candidates) == candidates
    assert all(path in caught.value.message for path in candidates)
    assert "--entry" in caught.value.advice


def test_says_why_another_file_than_the_first_was_chosen(opened) -> None:
    (flag,) = opened({"main.py": "", "app.py": APP}).flags
    assert flag.kind is FlagKind.ENTRY_CHOSEN
    assert flag.where == "app.py"
    assert "main.py starts no server" in flag.message


def test_says_that_a_stale_file_was_passed_over(opened) -> None:
    (flag,) = opened({"app.py": APP, "site1/__init__.py": FACTORY, "run.py": RUN_FACTORY}).flags
    assert "app.py has no part in what run.py starts" in flag.message


def test_says_which_file_declared_the_entry(opened) -> None:
    (flag,) = opened({".replit": 'run = "python web2.py"\n', "main.py": APP, "web2.py": APP}).flags
    assert ".replit names it" in flag.message


def test_says_what_else_could_have_been_started(opened) -> None:
    (flag,) = opened({"main.py": APP, "app.py": APP}).flags
    assert "app.py" in flag.message


def test_says_nothing_where_there_was_no_choice(opened) -> None:
    assert (
        opened({"main.py": "from app import app\napp.run()\n", "app.py": APP_NO_RUN, "models.py": MODELS}).flags == ()
    )


def test_the_rubric_decides_what_comes_first(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    work = lay(tmp_path / "work", {"main.py": APP, "shop.py": APP})
    assert open_submission(work, entries=("shop.py",), workspace=tmp_path / "w").entry == "shop.py"


@pytest.mark.parametrize(
    "entry", ["lab/other.py", "./lab/other.py", "other.py", "work/lab/other.py", "lab/../lab/other.py", "work/other.py"]
)
def test_takes_the_entry_that_a_person_names_from_wherever_they_stand(entry: str, opened) -> None:
    found = opened({"lab/main.py": APP, "lab/other.py": "x = 1\n"}, entry)
    assert (found.entry, found.flags) == ("other.py", ())


def test_takes_a_package_as_entry(opened) -> None:
    found = opened({"main.py": APP, "site1/__init__.py": FACTORY}, "site1")
    assert (found.entry, found.entry_kind, found.factory) == ("site1/__init__.py", EntryKind.PACKAGE, "create_app")


@pytest.mark.parametrize("entry", ["mian.py", "../main.py", "/etc/passwd", "notes.txt", "", "nowhere/main.py"])
def test_refuses_an_entry_that_is_not_there_and_names_near_ones(entry: str, opened) -> None:
    with pytest.raises(UsageError) as caught:
        opened({"main.py": APP, "notes.txt": "x", "shop.py": "x = 1\n"}, entry)
    assert "main.py" in caught.value.advice


def test_a_file_given_as_path_is_the_entry_and_brings_what_stands_beside_it(opened) -> None:
    found = opened({"main.py": APP, "web.py": APP, "templates/a.html": "x"}, path="web.py")
    assert (found.name, found.entry) == ("web.py", "web.py")
    assert (found.root / "templates/a.html").read_text() == "x"


def test_a_file_given_as_path_stays_the_entry_when_its_folder_holds_nothing_else(opened) -> None:
    found = opened({"lab/main.py": APP}, path="lab/main.py")
    assert (found.entry, found.home) == ("main.py", ".")


def test_names_what_was_found_where_there_is_no_python(opened) -> None:
    with pytest.raises(NotGradableError) as caught:
        opened({"index.html": "x", "lab.zip": "x"})
    assert "index.html" in caught.value.message
    assert "lab.zip" in caught.value.advice


def test_judges_enormous_and_endlessly_nested_sources_without_fail(opened) -> None:
    tree = {"main.py": APP, "deep.py": "(" * 50_000, "minus.py": "-" * 200_000 + "1", "long.py": "x = 1\n" * 100_000}
    assert opened(tree).entry == "main.py"


def test_a_gigantic_main_is_still_the_entry(opened) -> None:
    found = opened({"main.py": APP + "# x\n" * 200_000, "helper.py": "x = 1\n"})
    assert found.entry == "main.py"
