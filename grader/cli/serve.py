"""`grade serve`: the grader in a browser, on somebody's own machine or for a department."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.department import default_folder, require_web, settings_of
from grader.cli.saying import say
from grader.cli.supervising import supervise
from grader.errors import UsageError
from grader.frozen import dataclass
from grader.model import Level

if TYPE_CHECKING:
    from types import FrameType

    from flask import Flask

    from grader.web.settings import Settings

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_PORT = 8000
_THREADS = 12  # for pages, besides those that streams of news hold
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104  # asked about, not bound
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Bound:
    """Where it listens. `local`: on somebody's own machine, for that person alone."""

    host: str
    port: int | None
    trusted: tuple[str, ...]
    https: bool
    proxies: int
    local: bool


@click.command(context_settings=_SETTINGS)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 for any. [8000, or another where it is taken]")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", envvar="GRADE_DATA",
              help="Where everything is kept. [~/.local/share/weblab-grader]")  # fmt: skip
@click.option("--database", metavar="URL", envvar="GRADE_DATABASE", help="PostgreSQL instead of a file in DIR.")
@click.option("--jobs", type=click.IntRange(0, 256), help="How many are graded at once; 0: by other workers.")
@click.option("--python", metavar="PATH", help="Run students' programs with this Python and its packages.")
@click.option("--isolation", type=click.Choice([x.value for x in Level]), default="landlock",
              help="The weakest isolation to accept.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.option("--trusted-host", multiple=True, metavar="NAME", help="A name under which it is asked for; repeatable.")
@click.option("--https", is_flag=True, help="It is reached by HTTPS only.")
@click.option("--behind-proxy", type=click.IntRange(0, 10), default=0, is_flag=False, flag_value=1, metavar="[N]",
              help="Behind so many proxies, whose X-Forwarded-… headers are believed.")  # fmt: skip
def serve(
    host: str, port: int | None, data: Path | None, database: str | None, no_browser: bool, **options: Any
) -> int:
    """The grader in a browser.

    On your own machine: it prints a link that signs you in, once. On any other address than 127.0.0.1, or behind a
    proxy, people sign in with accounts; grade admin create makes the first one.
    """
    gc.enable()
    require_web()
    bound = _bound(host, port, options["trusted_host"], https=options["https"], proxies=options["behind_proxy"])
    settings = settings_of(
        data or default_folder(),
        database,
        bound.trusted,
        https=bound.https,
        proxies=bound.proxies,
        local=bound.local,
    )
    return _serve(settings, bound, _for_worker(settings, options), database, browser=not no_browser)


def _bound(host: str, port: int | None, names: tuple[str, ...], *, https: bool, proxies: int) -> Bound:
    """Raises UsageError where nobody would know by which name it is asked for."""
    local = _is_loopback(host) and not proxies
    anybody = host in _EVERYWHERE or proxies
    if anybody and not names:
        raise UsageError(
            "Nobody said by which name it is asked for.", "Give it with --trusted-host, such as grader.example.edu."
        )
    own = _LOOPBACK_NAMES if local else () if anybody else (host,)
    return Bound(host, port, tuple(dict.fromkeys((*own, *names))), https, proxies, local)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _for_worker(settings: Settings, options: dict[str, Any]) -> list[str] | None:
    """The options of `grade worker`; None where others grade. The database's address, which may hold a password, is
    told by the environment instead: everybody sees command lines."""
    if options["jobs"] == 0:
        return None
    told = ["--data", str(settings.data), "--isolation", options["isolation"]]
    told += ["--jobs", str(options["jobs"])] if options["jobs"] else []
    return told + (["--python", options["python"]] if options["python"] else [])


def _serve(settings: Settings, bound: Bound, worker: list[str] | None, database: str | None, *, browser: bool) -> int:
    from grader.web.app import create_app
    from grader.web.entering import Door

    app = create_app(settings)
    with contextlib.closing(app.extensions["database"]), contextlib.ExitStack() as stack:
        door = app.extensions["door"] = Door() if settings.local else None
        if not settings.local:
            _require_admin(app)
        sockets = stack.enter_context(_listening(bound))
        if database is not None:
            os.environ["GRADE_DATABASE"] = database
        if worker is not None:
            stack.enter_context(supervise(worker, lambda line: say(f"grade serve: {line}", err=True)))
        address = _address(bound, sockets)
        _tell(address, bound, door.token if door is not None else "", browser=browser)
        _run(app, settings, sockets)
    say("grade serve: Ended. Whatever was handed in is kept; what was being graded is graded after the next start.",
        err=True)  # fmt: skip
    return 0


def _require_admin(app: Flask) -> None:
    from grader.courses import accounts

    with app.extensions["database"].reading() as db:
        if accounts.admins(db) or app.extensions["settings"].oidc is not None:
            return
    raise UsageError(
        "There is no admin yet who could sign in.",
        "Make one: grade admin create NAME, with the same --data and --database.",
    )


@contextlib.contextmanager
def _listening(bound: Bound) -> Iterator[list[socket.socket]]:
    """Sockets that listen there. Raises UsageError."""
    wanted = _PORT if bound.port is None else bound.port
    try:
        found = _sockets(bound.host, wanted)
    except OSError as error:
        if bound.port is not None or not bound.local:
            raise UsageError(
                f"Nobody can listen on {bound.host}, port {wanted}: {error.strerror}.", "Choose another with --port."
            ) from error
        found = _sockets(bound.host, 0)
    try:
        yield found
    finally:
        for one in found:
            one.close()


def _sockets(host: str, port: int) -> list[socket.socket]:
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.create_server((host, port), family=kind, backlog=256)
    made.setblocking(False)
    return [made]


def _address(bound: Bound, sockets: list[socket.socket]) -> str:
    port = sockets[0].getsockname()[1]
    host = f"[{bound.host}]" if ":" in bound.host else bound.host
    return f"http://{host}:{port}"


def _tell(address: str, bound: Bound, token: str, *, browser: bool) -> None:
    if not bound.local:
        if not bound.https:
            say("grade serve: Warning: without HTTPS, whoever is on the way reads passwords and results.", err=True)
            say("             Put a proxy with HTTPS before it, and say so: --https --behind-proxy.", err=True)
        say(f"grade serve: Listening on {address}.", err=True)
        return
    from grader.web.entering import MINUTES

    link = f"{address}/enter?token={token}"
    say(link)
    sys.stdout.flush()
    say(f"grade serve: This link signs you in, once, within {MINUTES} minutes. Ctrl-C ends the grader.", err=True)
    if browser and _has_browser():
        import webbrowser

        threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()


def _has_browser() -> bool:
    """Whether there is a screen: a browser for terminals would take this one."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _run(app: Flask, settings: Settings, sockets: list[socket.socket]) -> None:
    """Serve until a signal comes; then pages that listen are told, and requests under way are finished."""
    from waitress.server import create_server

    from grader.cli.bodies import channel_of

    server = create_server(
        app,
        sockets=sockets,
        threads=settings.most_streams + _THREADS,
        ident=None,
        max_request_body_size=max(settings.most_export, settings.most_upload) + (4 << 20),
        clear_untrusted_proxy_headers=not settings.proxies,  # else the application would not see them
        connection_limit=settings.most_streams + 400,
        channel_request_lookahead=1,  # so that a stream whose page was left ends at once
        channel_timeout=60,
    )
    server.channel_class = channel_of(app)

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with _streams_closed(app):
            server.asyncore.loop(timeout=1, map=server._map, use_poll=True)
    except SystemExit:  # asked for
        pass
    finally:
        for number in before:
            signal.signal(number, signal.SIG_IGN)  # a second one cuts the orderly end short by nothing
        server.task_dispatcher.shutdown(timeout=5)
        server.close()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _streams_closed(app: Flask) -> Iterator[None]:
    """In the end, whoever waits for news holds nobody up."""
    try:
        yield
    finally:
        app.extensions["streams"].close_all()
