"""What an instructor's source is turned into: people, and what each of them handed in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from grader.frozen import dataclass


class Kind(StrEnum):
    """Where a source comes from."""

    FOLDER = "folder"  # a folder of folders, zips and .py files
    CANVAS = "canvas"
    MOODLE = "moodle"
    BLACKBOARD = "blackboard"
    BRIGHTSPACE = "brightspace"
    GRADESCOPE = "gradescope"
    GITHUB_CLASSROOM = "github-classroom"
    CLASSROOM50 = "classroom50"
    REPLIT = "replit"


class Id(StrEnum):
    """The kinds of identifiers; each is what a system calls a person, and none is made up here."""

    CANVAS = "canvas_id"
    ANONYMOUS = "anonymous_id"  # Canvas, while names are hidden
    SIS = "sis_user_id"
    PARTICIPANT = "moodle_participant_id"  # of one person in one assignment
    USERNAME = "username"
    EMAIL = "email"
    STUDENT = "student_id"  # the university's own number
    BRIGHTSPACE = "brightspace_id"  # the two numbers before a name, as written
    GITHUB = "github_username"
    GITHUB_NUMBER = "github_id"
    REPOSITORY = "repository"
    OTHER = "id"


@dataclass(frozen=True)
class Person:
    """Somebody who handed something in.

    `key` is unique within the source and stays the same from one export to the next: an id, a username or a folder's
    name, exactly as the source spells it. `name` is what to print, also as spelt there. `ids` are pairs of an `Id` and
    its value.
    """

    key: str
    name: str
    ids: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Attempt:
    """What one person handed in at one time.

    `number` counts a person's attempts from 1, in the order of time. `paths` are the files and folders of it, and
    `names` what each was called by its author: "" for a folder that holds the work itself. `submitted_at` is ISO 8601,
    without a time zone where the source names none. `late` can be known without how many seconds. `label` names the
    attempt for people and can be printed. Where there is a `problem`, nothing can be graded, and it says why.
    """

    person: Person
    number: int
    submitted_at: str | None
    late_seconds: float | None
    late: bool
    paths: tuple[Path, ...]
    label: str
    names: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Something in the source that belongs to no attempt. `path` can be printed; `reason` is half a sentence."""

    path: str
    reason: str


@dataclass(frozen=True)
class Found:
    """What a source holds. `why` is a sentence that says how its kind was told; all is sorted by key and path. A
    manifest's paths start from `root`."""

    kind: Kind
    why: str
    attempts: tuple[Attempt, ...]
    left_out: tuple[LeftOut, ...]
    root: Path = Path()


class Which(StrEnum):
    """Which attempts of a person are graded. Which is the best is known only once all are."""

    LATEST = "latest"
    ALL = "all"
