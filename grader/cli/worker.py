"""`grade worker`: grades what waits in a department's database."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.complaints import complain
from grader.cli.saying import say
from grader.errors import UngradedError
from grader.launch.cores import how_many
from grader.launch.scratch import clear_away
from grader.model import Level

if TYPE_CHECKING:
    from types import FrameType

    from grader.worker.loop import Worker

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_STATUS = "Exit status: 0 it was asked to end, 2 usage error, 3 nothing can be graded here."


@click.command(epilog=_STATUS, context_settings=_SETTINGS)
@click.option("--data", required=True, metavar="DIR", type=click.Path(path_type=Path), help="The server's data folder.")
@click.option("--database", metavar="URL", envvar="GRADE_DATABASE", help="The server's database. [the one in DIR]")
@click.option("--jobs", type=click.IntRange(1, 256), help="How many at once. [as many as there are processors]")
@click.option("--python", metavar="PATH", help="Run students' programs with this Python and its packages.")
@click.option("--fresh", is_flag=True, help="A new interpreter for each start: slower, and the same grade.")
@click.option("--isolation", type=click.Choice([x.value for x in Level]), default="landlock",
              help="The weakest isolation to accept.")  # fmt: skip
@click.option("--lease", type=click.IntRange(3, 3600), default=15, metavar="SECONDS",
              help="After so long, others grade what this one had, should it be gone. [15]")  # fmt: skip
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input does.")
def worker(
    data: Path,
    database: str | None,
    jobs: int | None,
    python: str | None,
    fresh: bool,
    isolation: str,
    lease: int,
    with_parent: bool,
) -> int:
    """Grade what is handed in to `grade serve`, until it is asked to end (SIGTERM, Ctrl-C).

    Any number of workers may run, on any number of machines that reach the database and the data folder.
    """
    gc.enable()
    from grader.courses.database import Database, url_in
    from grader.worker.loop import Worker
    from grader.worker.model import WorkerHow

    clear_away()
    opened = Database.open(database or url_in(_there(data)))
    how = WorkerHow(
        data=data.resolve(),
        jobs=jobs or how_many(),
        lowest=Level(isolation),
        lease_seconds=lease,
        python=python,
        fresh=fresh,
        say=lambda line: say(f"grade worker: {line}", err=True),
    )
    with contextlib.closing(opened), _asked_to_stop(how.stop):
        if with_parent:
            threading.Thread(target=_until_parent_ends, args=(how.stop,), daemon=True).start()
        return _run(Worker(opened, how))


def _run(worker: Worker) -> int:
    """Grade until the end. Where a thread is in the middle of something then, nothing is waited for: with this process,
    all that it started ends."""
    status = 0
    try:
        ended = worker.run()
    except UngradedError as error:
        if not worker.hangs:
            raise
        complain(error)
        status, ended = error.exit_status, False
    if not ended:
        sys.stderr.flush()
        os._exit(status)
    return status


def _there(data: Path) -> Path:
    from grader.errors import UsageError

    if not data.is_dir():
        raise UsageError(f"There is no folder {data}.", "Give the data folder that grade serve was told.")
    return data


def _until_parent_ends(stop: threading.Event) -> None:
    """Whoever started this holds the other end of standard input, as long as they live."""
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    stop.set()


@contextlib.contextmanager
def _asked_to_stop(stop: threading.Event) -> Iterator[None]:
    """The first signal ends it in order. The second ends it at once: whatever it had is given to others in a while."""

    def end(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
