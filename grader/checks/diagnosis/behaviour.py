"""Exceptions of what a program does: input, files, recursion, configuration, the network."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from grader.checks.diagnosis.crash import Crash, Rule
from grader.checks.diagnosis.finding import Finding, closest, short
from grader.checks.diagnosis.program import views


def keyboard(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`input()`."""
    return crash.find(
        f"{crash.where} calls input(), but standard input is closed: a server cannot ask the keyboard.",
        "Take input() out, and give the value in the program or in the request.",
    )


def missing_file(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`open('data.txt')`: absent, or reachable only from another folder."""
    wanted = short(match[1], 100)
    name = PurePosixPath(match[1]).name
    same = [f.path for f in crash.evidence.files if PurePosixPath(f.path).name.casefold() == name.casefold()]
    meant = same[0] if same else closest(name, [f.path for f in crash.evidence.files])
    if meant:
        return crash.find(
            f"{crash.where} opens '{wanted}', which is not there; the submission has {meant}.",
            f"Open '{_from_home(crash, meant)}', written exactly so, or build the path from `__file__`.",
        )
    return crash.find(
        f"{crash.where} opens '{wanted}', which was not handed in.", f"Hand in {name} too, or do without it."
    )


def _from_home(crash: Crash, path: str) -> str:
    home = crash.evidence.home
    return path.removeprefix(f"{home}/") if home != "." else path


def forbidden_file(crash: Crash, match: re.Match[str]) -> Finding | None:
    """A path outside of the lab's folder, or a port below 1024."""
    return crash.find(
        f"{crash.where} may not use '{short(match[1], 100)}'.",
        "Keep to files in the lab's own folder, written as relative paths.",
    )


def undecodable(crash: Crash, match: re.Match[str]) -> Finding | None:
    """A file that is read as UTF-8 and is none; for templates, Jinja reads it."""
    if any("jinja2" in f.path for f in crash.traceback.frames):
        return crash.find(
            f"{crash.where} renders a template that is not stored as {match[1].upper()}.",
            "Save the template with the encoding UTF-8.",
        )
    return crash.find(
        f"{crash.where} reads a file that is not stored as {match[1].upper()}.",
        "Save that file with the encoding UTF-8.",
    )


def recursion(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """A function that calls itself without end."""
    name = crash.frame.function if crash.frame else ""
    view = any(f.name == name for _, f in views(crash.evidence))
    subject = f"{name}() calls itself" if name and name != "<module>" else "a function calls itself"
    hint = (
        "A view must not call itself; return the page instead." if view else "Give it a condition under which it stops."
    )
    return crash.find(f"{crash.where}: {subject} without end.", hint)


def no_context(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`request` or `render_template` outside of a view."""
    return crash.find(
        f"{crash.where} works only while a page is made, but runs while the file is read.",
        "Move this line into the view: the function below @app.route.",
    )


def no_secret_key(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`session` without a secret key."""
    return crash.find(
        f"{crash.where} uses the session, but the app has no secret key.",
        "Set `app.secret_key = '...'` below `app = Flask(__name__)`.",
    )


def async_view(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`async def` without Flask's extra."""
    return crash.find(
        "A view is written with `async def`, which this course's Flask does not run.",
        "Write `def` instead of `async def`.",
    )


def unset_variable(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`os.environ['PORT']`."""
    if "environ" not in crash.source:
        return None
    return crash.find(
        f"{crash.where} needs the environment variable {match[1]}, which is not set.",
        f"Give it a default: `os.environ.get('{match[1]}', ...)`.",
    )


def unknown_endpoint(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`url_for('index')` where the view is called home."""
    names = [f.name for _, f in views(crash.evidence)]
    meant = closest(match[1], names, 0.5)
    hint = f"Write `url_for('{meant}')`." if meant else "url_for takes the name of a view function."
    return crash.find(f"{crash.where} asks url_for for '{match[1]}', and no view has that name.", hint)


def no_internet(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """A request to somewhere else while the file is read or a page is made."""
    return crash.find(
        f"{crash.where} needs the Internet, which a program has not while it is graded.",
        "Let the program work without it.",
    )


RULES: tuple[Rule, ...] = (
    ("EOFError", r"", keyboard),
    ("FileNotFoundError", r"No such file or directory: '([^']{1,300})'", missing_file),
    ("PermissionError", r"'([^']{1,300})'", forbidden_file),
    ("UnicodeDecodeError", r"'([\w-]{1,30})' codec", undecodable),
    ("RecursionError", r"", recursion),
    ("RuntimeError", r"Working outside of \w+ context", no_context),
    ("RuntimeError", r"no secret key", no_secret_key),
    ("RuntimeError", r"async", async_view),
    ("KeyError", r"^'(\w{1,60})'$", unset_variable),
    ("BuildError", r"endpoint '([^']{1,80})'", unknown_endpoint),
    ("URLError", r"", no_internet),
    ("ConnectionError", r"", no_internet),
)  # fmt: skip
