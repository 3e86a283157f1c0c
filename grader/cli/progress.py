"""How far a batch is: a bar in a terminal, else a line for each that is finished."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from grader.batch.model import Finished, Progress
from grader.cli.saying import say
from grader.render.cleaning import one_line


@contextlib.contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """What to tell of progress, on standard error."""
    if sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield _lines


def _lines(progress: Progress) -> None:
    if progress.last is not None:
        say(f"[{progress.done}/{progress.total}] {line_of(progress.last)}", err=True)


def line_of(finished: Finished) -> str:
    """A submission that was finished, in a line."""
    attempt = f" (attempt {finished.attempt})" if finished.attempt > 1 else ""
    tries = f", at the {finished.tries}th try" if finished.tries > 3 else ""
    tries = {2: ", at the second try", 3: ", at the third try"}.get(finished.tries, tries)
    if finished.score:
        below = "" if finished.passed else ", not passed"
        result = f"{finished.score} of {finished.max_score}{below}"
    else:
        result = f"{finished.status.replace('_', ' ')}: {finished.problem}"
    return one_line(f"{finished.name}{attempt}: {result}{tries}")


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
    with Bar(*columns, console=Console(stderr=True), refresh_per_second=4) as bar:
        task = bar.add_task("", total=None, visible=False)  # where nothing is to do, there is nothing to see

        def tell(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total, description=words(progress), visible=True)

        yield tell


def words(progress: Progress) -> str:
    """All the numbers, in two lines: one would not fit beside the bar in a terminal of 80 columns."""
    first = [f"{progress.done}/{progress.total} done"]
    if progress.rate:
        first.append(f"{progress.rate * 60:.0f} a minute")
    left = progress.seconds_left
    if left is not None:
        first.append(f"{_time(left)} left")
    second = [f"{progress.running} running", f"{progress.failed} failed"]
    if progress.not_gradable:
        second.append(f"{progress.not_gradable} not gradable")
    second.append(f"{progress.ungraded} ungraded")
    return f"{', '.join(first)}\n{', '.join(second)}"


def _time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if minutes >= 60 else f"{minutes}:{seconds:02}"
