"""What was seen: starts, exchanges, and which of them answer which observation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from functools import cached_property

from grader.frozen import dataclass
from grader.model.observation import Condition, Observation, Request
from grader.model.submission import Flag, SourceFile


@dataclass(frozen=True)
class Address:
    """Where a server listens, as its program asked for it."""

    host: str
    port: int


class AddressSource(StrEnum):
    """Who says so."""

    KERNEL = "kernel"  # the kernel's own table of listening sockets, read from outside
    NOTIFICATION = "notification"  # the program's system call, seen from outside
    PROGRAM = "program"  # a shim inside the program: reported by the program


class StartState(StrEnum):
    """What became of a start."""

    LISTENING = "listening"  # a socket that listens appeared in time
    ENDED = "ended"  # the program ended without listening
    SILENT = "silent"  # the program still ran at the deadline, without listening
    FAILED = "failed"  # the grader could not start it: the grader's own fault, or a file to replace is missing


@dataclass(frozen=True)
class Frame:
    """One line of a traceback. `path` is relative to the submission's root for the student's own files (`own`)."""

    path: str
    line: int
    function: str
    own: bool
    source: str = ""


@dataclass(frozen=True)
class Traceback:
    """An exception as the program printed it, outermost frame first. `kind` is the exception's name, unqualified.

    For a SyntaxError, the last frame is the place of the mistake. `text` is the whole as printed, cleaned.
    """

    kind: str
    message: str
    frames: tuple[Frame, ...] = ()
    text: str = ""

    @property
    def own_frame(self) -> Frame | None:
        """The innermost frame in the student's own files."""
        return next((f for f in reversed(self.frames) if f.own), None)


@dataclass(frozen=True)
class Exit:
    """How a program ended: an exit code, or the number of the signal that killed it."""

    code: int | None = None
    signal: int | None = None

    @property
    def clean(self) -> bool:
        """Whether it came to its end by itself without an error."""
        return self.code == 0


@dataclass(frozen=True)
class RouteClaim:
    """A rule of the app's URL map, as the program reports it. `path` and `line` place the view function."""

    rule: str
    methods: tuple[str, ...]
    endpoint: str
    needs_values: bool
    path: str = ""
    line: int = 0


@dataclass(frozen=True)
class AppClaim:
    """A Flask app object of the entry file, as the program reports it. Folders are absolute or relative as given;
    `templates_at` and `static_at` are what they resolve to, relative to `home`, or absolute when outside of it."""

    name: str
    templates_at: str | None = None
    static_at: str | None = None
    static_url: str | None = None
    routes: tuple[RouteClaim, ...] = ()


@dataclass(frozen=True)
class Start:
    """One start of the student's program and what was seen of it from outside.

    `address` is that of the socket which answered (before any answer: the first seen); `listeners` holds every one.
    `log` is the program's output, cleaned of control characters and cut at the log limit. `apps` is filled in for
    Mode.IMPORT and Mode.SERVE only. `imported` (Mode.IMPORT, Mode.SERVE): whether importing came to its end. `hidden`:
    made for hidden checks alone, so that nothing of it is shown to students.
    """

    id: str
    condition: Condition
    occurrence: int
    state: StartState
    address: Address | None = None
    address_source: AddressSource | None = None
    listeners: tuple[Address, ...] = ()
    ready_seconds: float | None = None
    seconds: float = 0.0
    exit: Exit | None = None
    log: str = ""
    log_truncated: bool = False
    traceback: Traceback | None = None
    apps: tuple[AppClaim, ...] = ()
    imported: bool | None = None
    answered: bool = False
    limit: str = ""
    problem: str = ""
    hidden: bool = False

    @property
    def listening(self) -> bool:
        """Whether a socket listened in time."""
        return self.state is StartState.LISTENING


class FailureKind(StrEnum):
    """Why a request got no usable answer."""

    REFUSED = "refused"  # nobody accepted the connection
    TIMEOUT = "timeout"  # no complete answer in time
    CLOSED = "closed"  # the connection ended before the answer did
    MALFORMED = "malformed"  # not HTTP, too many headers, wrong length, unknown coding
    TOO_LARGE = "too_large"  # more bytes than the budget, before or after decompression
    REDIRECT = "redirect"  # a loop, too many, or to another origin


@dataclass(frozen=True)
class Failure:
    """Why a request got no usable answer, in a sentence."""

    kind: FailureKind
    message: str


@dataclass(frozen=True)
class Redirect:
    """One redirect that was followed: what was asked, how it answered, where it pointed."""

    path: str
    status: int
    location: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Exchange:
    """One request and what came back. `body` is decoded from its transfer and content codings and cut at the body
    limit; `body_bytes` is its length before the cut as far as it was read. `log` is the part of the program's output
    that belongs to this exchange, `log_span` where it lies in `Start.log`. `curl` reproduces the request against a
    server that the student starts, with its port in $PORT. `at` is seconds since the start was begun. `port` is the one
    that the program listens on. `limit` is "total" where the submission's time ended before the answer came.
    """

    id: str
    start: str
    request: Request
    status: int | None = None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_bytes: int = 0
    truncated: bool = False
    redirects: tuple[Redirect, ...] = ()
    failure: Failure | None = None
    at: float = 0.0
    seconds: float = 0.0
    curl: str = ""
    log: str = ""
    log_span: tuple[int, int] = (0, 0)
    traceback: Traceback | None = None
    port: int | None = None
    limit: str = ""

    @property
    def ok(self) -> bool:
        """Whether an answer came that is not an error of the server."""
        return self.status is not None and self.failure is None and self.status < 500

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


@dataclass(frozen=True)
class Seen:
    """An observation with its start and the exchanges that answer its steps, in the order in which they were sent.

    `again`: what looked otherwise when some of its requests were sent once more, after all that was asked of the start.
    """

    observation: Observation
    start: Start
    exchanges: tuple[Exchange, ...] = ()
    again: tuple[Exchange, ...] = ()

    def answers(self, request: Request) -> tuple[Exchange, ...]:
        """Every exchange of this start that sent `request`."""
        return tuple(e for e in self.exchanges if e.request == request)


@dataclass(frozen=True)
class LimitHit:
    """A limit that cut something short: its name in a rubric, the start, what happened, in a clause, and the exchange
    where it concerns that one alone."""

    limit: str
    start: str
    clause: str
    exchange: str = ""


@dataclass(frozen=True)
class RouteVisit:
    """A declared route and, where it was visited, how it answered."""

    rule: str
    methods: tuple[str, ...]
    endpoint: str = ""
    path: str = ""
    line: int = 0
    exchange: str | None = None
    status: int | None = None
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Evidence:
    """All that was seen of one submission; together with a rubric it decides the score, and nothing else does.

    `nonce` is fresh for every grading: what is made from it cannot be known to the student's program beforehand.
    `seed` follows from the work and the rubric: what is made from it was unknown when the program was written, and is
    the same at every grading.
    `entry` and `home` are those of the submission; `files` its files as the grader read them.
    """

    nonce: str
    entry: str = ""
    home: str = "."
    files: tuple[SourceFile, ...] = ()
    seen: tuple[Seen, ...] = ()
    routes: tuple[RouteVisit, ...] = ()
    route_exchanges: tuple[Exchange, ...] = ()
    flags: tuple[Flag, ...] = ()
    limits_hit: tuple[LimitHit, ...] = ()
    seed: str = ""

    def of(self, observation: Observation) -> Seen | None:
        """What answers exactly this observation, or None while it has not been made."""
        return next((s for s in self.seen if s.observation == observation), None)

    def under(self, condition: Condition) -> tuple[Seen, ...]:
        """All that was seen under a condition, conversations left out: what they came to is theirs alone."""
        return self._by_condition.get(condition, ())

    @cached_property
    def _by_condition(self) -> Mapping[Condition, tuple[Seen, ...]]:
        """Checks ask for hardly anything else."""
        found: dict[Condition, list[Seen]] = {}
        for seen in self.seen:
            if seen.observation.script is None:
                found.setdefault(seen.observation.condition, []).append(seen)
        return {condition: tuple(those) for condition, those in found.items()}

    def for_visible(self) -> Evidence:
        """What a check that students see may rest on: nothing of the starts for hidden ones, but for swapped templates,
        which only ever prove something."""
        return replace(self, seen=tuple(s for s in self.seen if not s.start.hidden or s.observation.condition.swaps))

    def starts(self) -> tuple[Start, ...]:
        """Every start, once, in the order in which they were made; each as it was last seen."""
        return tuple({s.start.id: s.start for s in self.seen}.values())

    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange, once, the visits of the routes last."""
        found = {e.id: e for s in self.seen for e in (*s.exchanges, *s.again)} | {e.id: e for e in self.route_exchanges}
        return tuple(found.values())

    def file(self, path: str) -> SourceFile | None:
        """A file of the submission by its path relative to the root."""
        return next((f for f in self.files if f.path == path), None)

    def at_home(self, path: str) -> str:
        """The path relative to the root of a path that is relative to `home`."""
        return path if self.home == "." else f"{self.home}/{path}"
