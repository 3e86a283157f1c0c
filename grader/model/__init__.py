"""The values that pass between the stages, all frozen.

    submission     Submission                      what was handed in, as a private copy
    observation    Condition, Request, Step,
                   Observation                     what a check wants to see, as data
    evidence       Start, Exchange, Evidence       what was seen
    report         Outcome, CheckResult, Report    what it is worth, and why
    values         Json                            any JSON value, frozen
    rubric         Check, Rubric, Limits           what is asked

Standard library and `grader.frozen` only. Paths of the student's files are POSIX paths relative to `Submission.root`;
times are seconds.
"""

from grader.model.evidence import (
    Address,
    AddressSource,
    AppClaim,
    Evidence,
    Exchange,
    Exit,
    Failure,
    FailureKind,
    Frame,
    LimitHit,
    Redirect,
    RouteClaim,
    RouteVisit,
    Seen,
    Start,
    StartState,
    Traceback,
)
from grader.model.observation import (
    Condition,
    Mode,
    Observation,
    Overlay,
    Pin,
    Request,
    Script,
    Step,
    Until,
)
from grader.model.report import (
    CheckResult,
    CheckStatus,
    Isolation,
    Late,
    Level,
    Location,
    Outcome,
    Report,
    ReportStatus,
    RubricInfo,
    SubmissionInfo,
    Visibility,
    Weight,
    passed,
)
from grader.model.rubric import (
    LIMIT_RANGES,
    MOST_LIMITS,
    Check,
    LatePolicy,
    Limits,
    Provided,
    Rounding,
    RoundingWay,
    Rubric,
    RubricCheck,
)
from grader.model.submission import (
    EntryKind,
    Flag,
    FlagKind,
    SourceFile,
    Submission,
)
from grader.model.values import Json

__all__ = [
    "LIMIT_RANGES",
    "MOST_LIMITS",
    "Address",
    "AddressSource",
    "AppClaim",
    "Check",
    "CheckResult",
    "CheckStatus",
    "Condition",
    "EntryKind",
    "Evidence",
    "Exchange",
    "Exit",
    "Failure",
    "FailureKind",
    "Flag",
    "FlagKind",
    "Frame",
    "Isolation",
    "Json",
    "Late",
    "LatePolicy",
    "Level",
    "LimitHit",
    "Limits",
    "Location",
    "Mode",
    "Observation",
    "Outcome",
    "Overlay",
    "Pin",
    "Provided",
    "Redirect",
    "Report",
    "ReportStatus",
    "Request",
    "Rounding",
    "RoundingWay",
    "RouteClaim",
    "RouteVisit",
    "Rubric",
    "RubricCheck",
    "RubricInfo",
    "Script",
    "Seen",
    "SourceFile",
    "Start",
    "StartState",
    "Step",
    "Submission",
    "SubmissionInfo",
    "Traceback",
    "Until",
    "Visibility",
    "Weight",
    "passed",
]
