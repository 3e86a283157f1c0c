"""How the student's pages are reached, and what was seen on the way: shared by every check that asks for a page.

The program is run as it is. Where that answers nothing but its app object can be imported, the app object is served,
so that one fault of the start does not cost the pages as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from grader.model import (
    Condition,
    Evidence,
    Exchange,
    Flag,
    FlagKind,
    Mode,
    Observation,
    Overlay,
    Pin,
    Request,
    Start,
    StartState,
    Step,
)

NATURAL = Condition()
IMPORTED = Condition(Mode.IMPORT)
PINS = (Pin.LOW, Pin.HIGH)

# As a browser does: a page of its own may hang, this path is not one of the app's, so that the program can answer.
KNOCK = Step(Request("/favicon.ico"))
KNOCKED = Observation(NATURAL, 0, (KNOCK,))  # without it, nobody knows whether the program answers when it is run


def start_of(evidence: Evidence, condition: Condition, occurrence: int = 0) -> Start | None:
    """The start made under a condition, as it was last seen."""
    starts = [s.start for s in evidence.under(condition) if s.observation.occurrence == occurrence]
    return starts[-1] if starts else None


def starts_of(evidence: Evidence, condition: Condition) -> tuple[Start, ...]:
    """Every start made under a condition, once."""
    return tuple({s.start.id: s.start for s in evidence.under(condition)}.values())


def answers_of(evidence: Evidence, condition: Condition, request: Request) -> tuple[Exchange, ...]:
    """Every exchange that sent `request` to a start under a condition, once."""
    return tuple({e.id: e for s in evidence.under(condition) for e in s.answers(request)}.values())


def answers_to(evidence: Evidence, step: Step, pin: Pin = Pin.NATURAL) -> tuple[Exchange, ...]:
    """What came of `visits` of the same step: no answer to what another check asked more often."""
    seen = evidence.of(Observation(Condition(serving_mode(evidence) or Mode.RUN, pin), 0, (step,)))
    return seen.exchanges if seen else ()


def answered(evidence: Evidence, condition: Condition, occurrence: int = 0) -> bool:
    """Whether a start gave any HTTP answer."""
    seen = [s for s in evidence.under(condition) if s.observation.occurrence == occurrence]
    return any(s.start.answered or any(e.status is not None for e in s.exchanges) for s in seen)


def serving_mode(evidence: Evidence) -> Mode | None:
    """How pages are reached; None while the natural start has not been made, and where there is no way."""
    if start_of(evidence, NATURAL) is None:
        return None
    if answered(evidence, NATURAL):
        return Mode.RUN
    imported = start_of(evidence, IMPORTED)
    if imported is None or imported.imported or imported.listening:  # an app.run() at import does nothing when served
        return Mode.SERVE
    return None


def visits(
    evidence: Evidence, step: Step, overlays: tuple[Overlay, ...] = (), pin: Pin = Pin.NATURAL
) -> Iterable[Observation]:
    """The observation of a page in the way in which pages are reached; nothing while that is unknown."""
    mode = serving_mode(evidence)
    if mode is not None:
        yield Observation(Condition(mode, pin, overlays), 0, (step,))


def beside(evidence: Evidence, path: str) -> str:
    """The path, relative to home, of what stands beside the entry: a package's templates are in its own folder."""
    return str(PurePosixPath(evidence.entry).parent.relative_to(evidence.home) / path)


def unmade(start: Start | None) -> bool:
    """Whether a start says nothing about the student's work, for the grader did not or could not make it."""
    return start is None or start.state is StartState.FAILED


def discarded(pin: Pin, what: str) -> Flag:
    """Says that what was seen with random draws pinned is left out of a verdict, for it broke what works otherwise."""
    message = f"With random draws pinned {pin.value}, {what} while it worked with ordinary draws; not counted."
    return Flag(FlagKind.PIN_DISCARDED, message)
