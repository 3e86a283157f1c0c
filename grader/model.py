"""The values that pass between the stages, all frozen.

    Submission                         what was handed in, as a private copy
    Condition, Request, Step,
      Observation                      what a check wants to see, as data
    Start, Exchange, Evidence          what was seen
    Outcome, CheckResult, Report       what it is worth, and why

Standard library only. Paths of the student's files are POSIX paths relative to `Submission.root`; times are seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Protocol

# --------------------------------------------------------------------------------------------------------------- flags


class FlagKind(StrEnum):
    """Why something is reported although no check asks for it."""

    LINK_LEFT_OUT = "link_left_out"  # a link that leaves the submission, or any special file: not copied
    FILE_LEFT_OUT = "file_left_out"  # unreadable, or a kind that is never copied
    ENTRY_CHOSEN = "entry_chosen"  # several candidates; says which one was started and why
    SERVER_ERROR = "server_error"  # a route that no check asks for answers 5xx
    PIN_DISCARDED = "pin_discarded"  # a pinned start or request hung or crashed where the natural one did not
    REPORTED_BY_PROGRAM = "reported_by_program"  # a verdict rests on what the student's program says about itself
    LIMIT = "limit"  # the rest of an observation was cut by a limit
    NOTE = "note"  # anything else that a person should know


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person should know; it costs no points. `where` is a student's file, `file:line`, or a path."""

    kind: FlagKind
    message: str
    where: str = ""


# ---------------------------------------------------------------------------------------------------------- submission


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the submission as the grader itself read it, before any student code ran.

    `text` is None for what is not text, not worth quoting, or too large; then `note` may say why.
    """

    path: str
    size: int
    text: str | None = None
    note: str = ""

    def line(self, number: int) -> str | None:
        """Line `number` (from 1) without its line end, or None when there is no such line."""
        lines = self.text.split("\n") if self.text is not None else []
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else None


class EntryKind(StrEnum):
    """How the entry is started."""

    SCRIPT = "script"  # python main.py
    PACKAGE = "package"  # a package whose __init__ makes the app, or has a factory: python -m flask --app NAME run


@dataclass(frozen=True, slots=True)
class Submission:
    """One person's work in a private copy that holds regular files and folders only.

    `root` is the folder of the copy; `entry` the file that is started (for a package its `__init__.py`); `home` the
    folder it is started from. `sha256` covers every copied path and its bytes, so equal work has equal hashes.
    `files` lists every file of the copy, sorted by path.
    """

    name: str
    root: Path
    entry: str
    sha256: str
    files: tuple[SourceFile, ...] = ()
    entry_kind: EntryKind = EntryKind.SCRIPT
    factory: str = ""
    flags: tuple[Flag, ...] = ()

    @property
    def home(self) -> str:
        """The folder, relative to `root`, that the entry is started from: "." or "lab/step3"."""
        folder = PurePosixPath(self.entry).parent
        return str(folder.parent if self.entry_kind is EntryKind.PACKAGE else folder)


# --------------------------------------------------------------------------------------------------------- observation


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


@dataclass(frozen=True, slots=True)
class Overlay:
    """A file laid into the copy before the start; `path` is relative to the submission's `home`.

    With `replaces`, the file must be there already: what does not exist is not created.
    """

    path: str
    content: bytes
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """How a start differs from the ordinary one."""

    mode: Mode = Mode.RUN
    pin: Pin = Pin.NATURAL
    overlays: tuple[Overlay, ...] = ()

    @property
    def natural(self) -> bool:
        """Whether this is the student's program as it is: run, nothing pinned, nothing laid in."""
        return self == Condition()

    def describe(self) -> str:
        """Short words for reports: "run", "run, random pinned low", "run, templates/base.html swapped"."""
        words = [self.mode.value]
        if self.pin is not Pin.NATURAL:
            words.append(f"random pinned {self.pin.value}")
        words += [f"{o.path} {'swapped' if o.replaces else 'added'}" for o in self.overlays]
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; redirects inside the app are followed where `follow` says so."""

    path: str = "/"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    follow: bool = True


class Until(Protocol):
    """Says, from the answers so far, that repeating a request further would show nothing new."""

    def met(self, exchanges: tuple[Exchange, ...]) -> bool:
        """Whether to stop."""


@dataclass(frozen=True, slots=True)
class Step:
    """A request sent at least `at_least` times, then until `until` is met, at most `at_most` times."""

    request: Request
    at_least: int = 1
    at_most: int = 1
    until: Until | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One start under a condition, and what is asked of it. `occurrence` tells repeated equal starts apart.

    Observations of several checks under one condition and occurrence share a start and equal requests.
    """

    condition: Condition = Condition()
    occurrence: int = 0
    steps: tuple[Step, ...] = ()


# ------------------------------------------------------------------------------------------------------------ evidence


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback. `path` is relative to the submission's root for the student's own files (`own`)."""

    path: str
    line: int
    function: str
    own: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Exit:
    """How a program ended: an exit code, or the number of the signal that killed it."""

    code: int | None = None
    signal: int | None = None

    @property
    def clean(self) -> bool:
        """Whether it came to its end by itself without an error."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class RouteClaim:
    """A rule of the app's URL map, as the program reports it. `path` and `line` place the view function."""

    rule: str
    methods: tuple[str, ...]
    endpoint: str
    needs_values: bool
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class AppClaim:
    """A Flask app object of the entry file, as the program reports it. Folders are absolute or relative as given;
    `templates_at` and `static_at` are what they resolve to, relative to `home`, or absolute when outside of it."""

    name: str
    templates_at: str | None = None
    static_at: str | None = None
    static_url: str | None = None
    routes: tuple[RouteClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """One start of the student's program and what was seen of it from outside.

    `address` is that of the socket which answered (before any answer: the first seen); `listeners` holds every one.
    `log` is the program's output, cleaned of control characters and cut at the log limit. `apps` is filled in for
    Mode.IMPORT and Mode.SERVE only. `imported` (Mode.IMPORT, Mode.SERVE): whether importing came to its end.
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


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request got no usable answer, in a sentence."""

    kind: FailureKind
    message: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """One redirect that was followed: what was asked, how it answered, where it pointed."""

    path: str
    status: int
    location: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back. `body` is decoded from its transfer and content codings and cut at the body
    limit; `body_bytes` is its length before the cut as far as it was read. `log` is the part of the program's output
    that belongs to this exchange, `log_span` where it lies in `Start.log`. `curl` reproduces the request against a
    server that the student starts, with its port in $PORT. `at` is seconds since the start was begun.
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

    @property
    def ok(self) -> bool:
        """Whether an answer came that is not an error of the server."""
        return self.status is not None and self.failure is None and self.status < 500

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation with its start and the exchanges that answer its steps, in the order in which they were sent."""

    observation: Observation
    start: Start
    exchanges: tuple[Exchange, ...] = ()

    def answers(self, request: Request) -> tuple[Exchange, ...]:
        """Every exchange of this start that sent `request`."""
        return tuple(e for e in self.exchanges if e.request == request)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was seen of one submission; together with a rubric it decides the score, and nothing else does.

    `nonce` is fresh for every grading: what is made from it cannot be known to the student's program beforehand.
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
    limits_hit: tuple[str, ...] = ()

    def of(self, observation: Observation) -> Seen | None:
        """What answers exactly this observation, or None while it has not been made."""
        return next((s for s in self.seen if s.observation == observation), None)

    def under(self, condition: Condition) -> tuple[Seen, ...]:
        """All that was seen under a condition."""
        return tuple(s for s in self.seen if s.observation.condition == condition)

    def starts(self) -> tuple[Start, ...]:
        """Every start, once, in the order in which they were made; each as it was last seen."""
        return tuple({s.start.id: s.start for s in self.seen}.values())

    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange, once, the visits of the routes last."""
        found = {e.id: e for s in self.seen for e in s.exchanges} | {e.id: e for e in self.route_exchanges}
        return tuple(found.values())

    def file(self, path: str) -> SourceFile | None:
        """A file of the submission by its path relative to the root."""
        return next((f for f in self.files if f.path == path), None)

    def at_home(self, path: str) -> str:
        """The path relative to the root of a path that is relative to `home`."""
        return path if self.home == "." else f"{self.home}/{path}"


# ------------------------------------------------------------------------------------------------------------- outcome


class CheckStatus(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    BLOCKED = "blocked"  # it could not be seen, because the checks in `blocked_by` failed
    ERROR = "error"  # the grader's own fault


@dataclass(frozen=True, slots=True)
class Location:
    """A line of the student's own work, quoted from what the grader itself read."""

    path: str
    line: int = 0
    source: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check's verdict. `earned` is the share of its points, 0 to 1. `message` says what is so, in one sentence;
    `expected` and `actual` what was asked and what came; `hint` what the student can change."""

    status: CheckStatus
    message: str
    earned: Fraction = Fraction(0)
    expected: str = ""
    actual: str = ""
    hint: str = ""
    location: Location | None = None
    blocked_by: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()


def passed(message: str, evidence: Iterable[str] = (), **more: str) -> Outcome:
    """All points."""
    return Outcome(CheckStatus.PASSED, message, Fraction(1), evidence=tuple(evidence), **more)


class Visibility(StrEnum):
    """Who sees a check."""

    VISIBLE = "visible"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check of the rubric with its outcome and its exact score."""

    id: str
    title: str
    section: str
    max_score: Fraction
    score: Fraction
    outcome: Outcome
    visibility: Visibility = Visibility.VISIBLE


# -------------------------------------------------------------------------------------------------------------- report


class Level(StrEnum):
    """How strongly the student's program was kept apart, strongest first."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Isolation:
    """What was in force. `mechanisms` names each, `missing` what this level promises and this version lacks."""

    level: Level
    why_not_higher: str = ""
    mechanisms: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes that one grading may use."""

    start_seconds: float = 10.0
    request_seconds: float = 5.0
    routes_seconds: float = 3.0
    total_seconds: float = 120.0
    body_bytes: int = 1 << 20
    log_bytes: int = 64 << 10


class ReportStatus(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    NOT_GRADABLE = "not_gradable"  # nothing there, unreadable, ambiguous: no score, an instructor decides
    UNGRADED = "ungraded"  # the grader's own fault: no score, never zero


@dataclass(frozen=True, slots=True)
class RubricInfo:
    """Which rubric was used."""

    id: str
    title: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SubmissionInfo:
    """Which work was graded; `entry` is None where none was found."""

    name: str
    entry: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """The whole result of one grading; every format is a pure function of it.

    `score` is None unless graded. `problem` and `advice` are filled in unless graded.
    """

    submission: SubmissionInfo
    rubric: RubricInfo
    status: ReportStatus
    max_score: Fraction
    pass_mark: Fraction  # in percent
    score: Fraction | None = None
    checks: tuple[CheckResult, ...] = ()
    starts: tuple[Start, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    routes: tuple[RouteVisit, ...] = ()
    flags: tuple[Flag, ...] = ()
    limits_hit: tuple[str, ...] = ()
    isolation: Isolation | None = None
    started_at: str = ""  # ISO 8601, UTC
    duration_seconds: float = 0.0
    grader_version: str = ""
    problem: str = ""
    advice: str = ""
    partial_view: bool = False  # hidden checks are left out of this copy

    @property
    def percent(self) -> Fraction | None:
        """Exact share of `max_score` in percent, None unless graded."""
        return None if self.score is None else self.score * 100 / self.max_score

    @property
    def passed(self) -> bool | None:
        """Whether the pass mark is reached, None unless graded."""
        return None if self.percent is None else self.percent >= self.pass_mark


# -------------------------------------------------------------------------------------------------------------- rubric


class Check(Protocol):
    """A claim with evidence. A check type is a frozen dataclass whose fields are its YAML parameters."""

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """Every observation it wants, given what was seen so far (at first nothing). Asked again until it wants no
        more than has been seen; pure."""

    def judge(self, evidence: Evidence) -> Outcome:
        """The verdict. Pure: same evidence, same outcome."""


@dataclass(frozen=True, slots=True)
class RubricCheck:
    """One check of a rubric: who it is, what it is worth, and the claim itself."""

    id: str
    title: str
    points: Fraction
    check: Check
    section: str = ""
    hint: str = ""
    needs: tuple[str, ...] = ()
    visibility: Visibility = Visibility.VISIBLE


@dataclass(frozen=True, slots=True)
class Rubric:
    """A lab's rubric, loaded and proved consistent."""

    id: str
    title: str
    version: str
    sha256: str
    checks: tuple[RubricCheck, ...]
    pass_mark: Fraction = Fraction(60)
    entries: tuple[str, ...] = ("main.py", "app.py")
    packages: tuple[str, ...] = ("flask",)
    limits: Limits = Limits()

    @property
    def info(self) -> RubricInfo:
        """The part that reports carry."""
        return RubricInfo(self.id, self.title, self.version, self.sha256)

    @property
    def max_score(self) -> Fraction:
        """The sum of all points."""
        return sum((c.points for c in self.checks), Fraction(0))
