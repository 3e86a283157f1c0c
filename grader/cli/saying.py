"""What the command says besides reports: sentences that may quote a path, a rubric or a program."""

from __future__ import annotations

import io
from collections.abc import Iterable

import click

from grader.render.cleaning import fit, one_line

_MOST_LINE = 1000


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print it, fit for any terminal and any log, whatever it quotes: a file may have an escape sequence for a name."""
    click.echo(fit(text), err=err, nl=nl)


def say_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Each on one line of its own, whatever it quotes: a file may have a name of several lines, which would be read as
    so many."""
    for line in lines:
        indent = line[: len(line) - len(line.lstrip(" "))]
        say(indent + one_line(line, _MOST_LINE), err=err)


def say_usage(error: click.ClickException) -> None:
    """What click says of a command line that it does not understand."""
    told = io.StringIO()
    error.show(told)
    say(told.getvalue(), err=True, nl=False)
