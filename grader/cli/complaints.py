"""How errors are told on standard error."""

from __future__ import annotations

import click

from grader.errors import GraderError, RubricError

_WIDTH = 80


def complain(error: GraderError) -> None:
    """What happened, and what to do next; before that, each mistake of a rubric with its line."""
    for fault in error.details if isinstance(error, RubricError) else ():
        click.echo(fault.pointed(), err=True)
    click.echo(_wrapped(error.message, "grade: "), err=True)
    if error.advice:
        click.echo(_wrapped(error.advice, "       "), err=True)


def _wrapped(text: str, indent: str) -> str:
    import textwrap  # only once something is wrong

    lines = textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent),
                          break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return "\n".join(lines)
