"""What a grading tells of itself while it runs. Nothing rests on it: evidence and grade are the same unheard."""

from __future__ import annotations

from collections.abc import Callable

from grader.frozen import dataclass
from grader.model.observation import Condition, Mode, Pin, Request
from grader.model.report import CheckStatus


@dataclass(frozen=True)
class Starting:
    """The program is being started; `checks` are the ids of those that wanted it first. `hidden`: for hidden ones."""

    condition: Condition
    occurrence: int
    checks: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True)
class Sending:
    """A request is being sent."""

    request: Request
    hidden: bool = False


@dataclass(frozen=True)
class Judged:
    """A check has its verdict, as its audience may know it."""

    check: str
    title: str
    status: CheckStatus
    hidden: bool = False


Told = Starting | Sending | Judged
Tell = Callable[[Told], None]  # may raise UngradedError: then nobody wants the grading any more, and it ends


def words_of(condition: Condition, occurrence: int = 0) -> str:
    """A start in a student's words."""
    if condition.mode is Mode.IMPORT:
        return "Importing your program, without running it"
    if condition.mode is Mode.SERVE:
        return "Serving the app of your program, without running it"
    if condition.pin is not Pin.NATURAL:
        which = "lowest" if condition.pin is Pin.LOW else "highest"
        return f"Starting your program with its random numbers at their {which}"
    if condition.swaps:
        swapped = ", ".join(overlay.path for overlay in condition.overlays if overlay.replaces)
        return f"Starting a copy of your program with another {swapped}"
    if condition.overlays:
        return "Starting a copy of your program with a file of the grader's added"  # its name is nobody's to know
    return "Starting your program once more" if occurrence else "Starting your program, as you do"
