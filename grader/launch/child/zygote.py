"""The warm process: the student's interpreter with Flask loaded, waiting to be forked.

Started as `python -P -c …` with a clean environment, before any rubric or other submission is read, so that nothing of
them lies in its memory. Single-threaded, as whoever forks has to be.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from . import begin, cgroup, claims, cmdline, pin, pin_numpy, program, removing, shim, way  # noqa: F401  # loaded once here, used after each fork
from .channel import Channel, Closed, Message
from .course import Course, base_executable
from .keeper import serve
from .watch import Setting, Watch

_PYTHON_FLOOR = (3, 9)
_LEVELS = {
    "namespaces": ("namespaces", "NamespaceWatch"),
    "landlock": ("notified", "NotifiedWatch"),
    "process": ("shimmed", "ShimmedWatch"),
}

# What most pages do, and what is asked of most servers: what has been done once before the fork is cheaper after it.
_PAGE = (
    """{% for i in [n] %}<a class="{{ "a" }}" href="{{ url_for("static", filename="a.css") }}">"""
    """{{ i | e }}</a>{% endfor %}"""
)
_VISITED = (b"/", b"/nothing", b"/static/py.typed")

# What Flask imports of the standard library: loaded while the grader still reads the rubric.
_BEFORE_FLASK = (
    *("decimal", "difflib", "email.utils", "http.server", "importlib.metadata", "importlib.resources", "json"),
    *("logging", "mimetypes", "pickle", "platform", "pprint", "secrets", "tempfile", "uuid"),
)


def main(descriptor: int, workspace: str) -> None:
    """Take orders from the grader on this socket until it hangs up; then nothing of this process is left.

    `workspace` is the private folder of all this; the grader may have died, so it is taken away here, too.
    """
    channel = Channel(socket.socket(fileno=descriptor))
    os.umask(0o022)  # whatever the grader's is: programs may run as another user, and see the same everywhere
    gc.disable()  # nothing of what is loaded here will ever be garbage
    for name in _BEFORE_FLASK:
        import_module(name)
    try:
        order, _ = channel.receive()
        course = Course(order["course"], order["packages"])
        course.activate()
        begin.load_sources()
        loaded = _load()
        channel.send(loaded)
        if sys.platform == "linux":  # beside what the grader does meanwhile
            _level("namespaces").foresee(_readable(course))
        begin.put_right()
        cmdline.find()
        gc.freeze()
        sys.dont_write_bytecode = True  # from here on: what is loaded next may be a student's
        while loaded["flask"]:
            order, descriptors = channel.receive()
            if "about" in order:
                channel.send(_about(order["about"], course))
            else:
                _open(order, descriptors, course, channel)
    except Closed:
        _reap(0)
        removing.remove(workspace)
        os._exit(0)  # nothing is left to do, and a tidy end takes time


def _load() -> Message:
    """Import what nearly every student's server needs, and serve one real request."""
    try:
        import flask
        import werkzeug
    except ImportError as error:
        return {"flask": "", "problem": str(error), "python": sys.version.split()[0]}
    with contextlib.suppress(OSError):
        _warm_up(flask)
    version = getattr(werkzeug, "__version__", "") or _version("flask")
    return {"flask": version, "python": sys.version.split()[0]}


def _about(names: list[str], course: Course) -> Message:
    """For those who ask what programs are run with."""
    versions = {name: course.version(name) for name in names}
    closed = list(way.closed([begin.stdlib(), base_executable(), *course.targets]))
    return {"python": sys.version.split()[0], "executable": base_executable(), "versions": versions, "closed": closed}


def _version(name: str) -> str:
    from importlib import metadata

    return metadata.version(name)


def _warm_up(flask: Any) -> None:
    from werkzeug import _reloader, serving  # noqa: F401  # the reloader is replaced in each start

    class Silent(serving.WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            """Nothing: a first line would set up the log that the student's program is to set up."""

    folder = os.path.dirname(os.path.abspath(flask.__file__))
    app = flask.Flask("warm_up", root_path=folder, static_folder=folder)
    app.add_url_rule("/", "home", lambda: flask.render_template_string(_PAGE, n=1))
    server = serving.make_server("127.0.0.1", 0, app, request_handler=Silent)
    server.timeout = 2
    try:
        for path in _VISITED:
            with socket.create_connection(("127.0.0.1", server.port), 2) as client:
                client.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path)
                server.handle_request()
                client.recv(4096)
    finally:
        server.server_close()


def _open(order: Message, descriptors: list[int], course: Course, channel: Channel) -> None:
    """Fork a keeper for one submission; `descriptors` holds its end of the grader's channel to it."""
    (end,) = descriptors
    _cgroup()  # once, in the process that all of them come from
    _level(order["level"])
    cold = begin.shadows(order["names"])
    pid = os.fork()
    if pid == 0:
        try:
            channel.socket.detach()
            begin.close_others([end])
            os.setsid()
            _run_on(order["cores"])
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle: it hangs up
            serve(socket.socket(fileno=end), _watch(order, course), order["limits"])
        finally:
            os._exit(0)
    os.close(end)
    channel.send({"keeper": pid, "cold": cold})
    _reap()


def _run_on(cores: Sequence[int]) -> None:
    """Where the grader's own thread runs, for they take turns; anywhere where it does not say."""
    if cores:
        with contextlib.suppress(OSError):  # they have just been changed from outside
            os.sched_setaffinity(0, cores)


def _watch(order: Message, course: Course) -> Watch:
    without = frozenset(order["without"])
    setting = Setting(
        order["stage"], order["pristine"], _readable(course), course.python, order["limits"], without, _cgroup()
    )
    return _level(order["level"])(setting)


def _readable(course: Course) -> list[str]:
    return [course.folder, *course.targets]


def _level(name: str) -> type[Watch]:
    """The class of a level. Loaded here, before the fork: what a keeper loads, it would load for each submission, and
    a student's module of the same name would not be seen to be hidden."""
    module, kind = _LEVELS[name]
    found: type[Watch] = getattr(import_module("." + module, __package__), kind)
    return found


@lru_cache(maxsize=1)
def _cgroup() -> tuple[str, str]:
    """Where boxes get their groups, or why nowhere."""
    if sys.platform != "linux":
        return "", "only Linux has them"
    try:
        return cgroup.claim(os.getppid()), ""
    except cgroup.NotDelegated as why:
        return "", str(why)


def _reap(options: int = os.WNOHANG) -> None:
    """Forget keepers that have ended; with other options, wait for all of them."""
    with contextlib.suppress(ChildProcessError):
        while keeper := os.waitpid(-1, options)[0]:
            if _cgroup()[0]:
                cgroup.remove(cgroup.group_of(_cgroup()[0], keeper))
