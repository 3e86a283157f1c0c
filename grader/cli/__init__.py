"""The command line: parses, calls, prints. The one boundary that turns errors into exit statuses.

    grading    grade PATH; outputs: its report files
    rubrics    grade rubric check, list, explain, schema, new, try, diff
    machine    grade doctor
    batch      grade batch, rescore; works: their sources; progress: how far they are
    export     grade export
    serve      grade serve; admin: grade admin; department: what they share; wsgi: for another server
    worker     grade worker; supervising: one beside a server

0 graded and passed   1 graded, below the mark   2 usage or rubric error   3 the grader's own failure
4 nothing gradable    130 interrupted
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from grader.cli.complaints import complain
from grader.cli.grading import grade
from grader.cli.outputs import FORMATS
from grader.cli.saying import say, say_usage
from grader.errors import GraderError

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["FORMATS", "grade", "main", "run"]

_COMMANDS = {  # its name → the module that has it
    "admin": "admin",
    "backup": "keeping",
    "batch": "batch",
    "doctor": "doctor",
    "export": "export",
    "forget": "keeping",
    "purge": "keeping",
    "rescore": "batch",
    "restore": "keeping",
    "rubric": "rubrics",
    "serve": "serve",
    "worker": "worker",
}
_GRADER_FAILED, _INTERRUPTED, _TERMINATED = 3, 130, 143


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end with its exit status."""
    gc.disable()  # one submission leaves little garbage, and looking for it costs a tenth of the time
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    with _ended_by_signals():
        try:
            command, rest = _command(sys.argv[1:] if arguments is None else arguments)
            return int(command.main(rest, standalone_mode=False, prog_name=_name(command)) or 0)
        except click.exceptions.Abort:
            return _interrupted()
        except KeyboardInterrupt:
            return _interrupted()
        except click.ClickException as error:
            say_usage(error)
            return error.exit_code
        except GraderError as error:
            complain(error)
            return error.exit_status
        except BrokenPipeError:  # whoever read standard output has gone: nothing is left to tell
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return _GRADER_FAILED
        except Exception as error:  # noqa: BLE001  # the last boundary: a fault of ours is never a student's zero
            _complain_of_ourselves(error)
            return _GRADER_FAILED


def _command(arguments: Sequence[str]) -> tuple[click.Command, list[str]]:
    """The named command; without a name, `grade PATH`. A command's name wins over a folder: write ./rubric."""
    if not arguments or arguments[0] not in _COMMANDS:
        return grade, list(arguments)
    name = arguments[0]
    module = importlib.import_module(f"grader.cli.{_COMMANDS[name]}")  # each is loaded only where it is asked for
    return getattr(module, name), list(arguments[1:])


def _name(command: click.Command) -> str:
    return "grade" if command is grade else f"grade {command.name}"


def _complain_of_ourselves(error: Exception) -> None:
    say(f"grade: The grader itself failed: {type(error).__name__}: {error}.", err=True)
    say("       No score was given. Please report it; GRADE_DEBUG=1 shows where it happened.", err=True)
    if os.environ.get("GRADE_DEBUG"):
        import traceback

        say("".join(traceback.format_exception(error)), err=True)


def _interrupted() -> int:
    say("grade: Interrupted. Nothing was graded, and nothing is left running.", err=True)
    return _INTERRUPTED


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end the command in order, as Ctrl-C does: no process or file stays behind."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(_TERMINATED if number == signal.SIGTERM else 128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
