"""What a check wants to see, as data."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from grader.frozen import dataclass

if TYPE_CHECKING:
    from grader.model.evidence import Exchange


class Mode(StrEnum):
    """How a start runs the entry."""

    RUN = "run"  # as the student does: python main.py
    IMPORT = "import"  # imported under its own name, never as __main__; then its app objects are asked about
    SERVE = "serve"  # imported, and its app object served: only where running it starts no server


class Pin(StrEnum):
    """Which end of their range random draws of the student's own files give."""

    NATURAL = "natural"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True)
class Overlay:
    """A file laid into the copy before the start; `path` is relative to the submission's `home`.

    With `replaces`, the file must be there already: what does not exist is not created.
    """

    path: str
    content: bytes
    replaces: bool = False


@dataclass(frozen=True)
class Condition:
    """How a start differs from the ordinary one."""

    mode: Mode = Mode.RUN
    pin: Pin = Pin.NATURAL
    overlays: tuple[Overlay, ...] = ()

    @property
    def natural(self) -> bool:
        """Whether this is the student's program as it is: run, nothing pinned, nothing laid in."""
        return self == Condition()

    @property
    def swaps(self) -> bool:
        """Whether files of the student's are replaced."""
        return any(overlay.replaces for overlay in self.overlays)

    @property
    def as_it_is(self) -> bool:
        """Whether the program serves with nothing pinned and nothing laid in, run or not."""
        return self.mode is not Mode.IMPORT and self.pin is Pin.NATURAL and not self.overlays

    def describe(self) -> str:
        """Short words for reports: "run", "run, random pinned low", "run, templates/base.html swapped"."""
        words = [self.mode.value]
        if self.pin is not Pin.NATURAL:
            words.append(f"random pinned {self.pin.value}")
        words += [f"{o.path} {'swapped' if o.replaces else 'added'}" for o in self.overlays]
        return ", ".join(words)


@dataclass(frozen=True)
class Request:
    """One HTTP request; redirects inside the app are followed where `follow` says so.

    `browser` names whose cookies it is sent with and whose cookies the answer sets.
    """

    path: str = "/"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    follow: bool = True
    browser: str = ""


class Until(Protocol):
    """Says, from the answers so far, that repeating a request further would show nothing new."""

    def met(self, exchanges: tuple[Exchange, ...]) -> bool:
        """Whether to stop."""


@dataclass(frozen=True)
class Step:
    """A request sent at least `at_least` times, then until `until` is met, at most `at_most` times."""

    request: Request
    at_least: int = 1
    at_most: int = 1
    until: Until | None = None


class Script(Protocol):
    """A conversation in which each request may follow from the answers so far. A frozen dataclass, pure: the same
    answers give the same request, so that what was sent can be told again from what came back."""

    def next(self, exchanges: tuple[Exchange, ...]) -> Request | None:
        """The next request; None when there is no more to say."""


@dataclass(frozen=True)
class Observation:
    """One start under a condition, and what is asked of it. `occurrence` tells repeated equal starts apart.

    Observations of several checks under one condition and occurrence share a start and equal requests; each series of
    requests has cookies of its own. A `script` has a start, and so a copy of the student's files, to itself, which it
    shares with equal scripts alone.
    """

    condition: Condition = Condition()
    occurrence: int = 0
    steps: tuple[Step, ...] = ()
    script: Script | None = None
