"""The keys that every rubric and every check has, and what they may be."""

from __future__ import annotations

import re
from dataclasses import field
from datetime import datetime
from fractions import Fraction

from grader.frozen import dataclass
from grader.model import LIMIT_RANGES, Check, LatePolicy, Limits, Rounding, RoundingWay, RubricCheck, Visibility, Weight
from grader.rubric.faults import shown

_MOST_POINTS = 1_000_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class RoundingKeys:
    """`rounding` of a rubric."""

    to: Fraction
    way: RoundingWay = RoundingWay.NEAREST

    SHORTHAND = "to"

    def __post_init__(self) -> None:
        if not 0 < self.to <= 100:
            raise ValueError("to is more than 0 and at most 100")
        if (self.to * 100).denominator != 1:
            raise ValueError("to has at most two decimals, as points do")


@dataclass(frozen=True)
class ProvideKeys:
    """One file of `provide`: from beside the rubric (`file`), or written out (`content`), to `to` beside the entry,
    in place of the student's own or, with `append`, at its end."""

    file: str | None = None
    content: str | None = None
    to: str | None = None
    append: bool = False

    SHORTHAND = "file"

    def __post_init__(self) -> None:
        if (self.file is None) == (self.content is None):
            raise ValueError("a provided file has either file, beside the rubric, or content")
        if self.content is not None and self.to is None:
            raise ValueError("content needs to: the name that the file gets")
        for name, path in (("file", self.file), ("to", self.to)):
            if path is not None and not _is_inside(path):
                raise ValueError(f"{name} is a path inside the folder, such as data/prices.csv; this is {shown(path)}")

    @property
    def target(self) -> str:
        """Where it goes, relative to the folder of the entry."""
        return self.to or self.file or ""


@dataclass(frozen=True)
class LateKeys:
    """`late` of a rubric."""

    per_day: Fraction
    most: Fraction = Fraction(100)
    grace_minutes: int = 0
    deadline: str = ""

    def __post_init__(self) -> None:
        for name in ("per_day", "most"):
            if not 0 <= getattr(self, name) <= 100:
                raise ValueError(f"{name} is a percentage from 0 to 100")
        if not 0 <= self.grace_minutes <= 7 * 24 * 60:
            raise ValueError("grace_minutes goes from 0 to 10080, which is a week")
        if self.deadline:
            parse_time(self.deadline, "deadline")


def parse_time(text: str, name: str) -> datetime:
    """A point in time with its zone. Raises ValueError, in words for whoever wrote it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{name} is a time such as 2026-11-30T23:59+01:00; this is {shown(text)}") from error
    if moment.tzinfo is None:
        raise ValueError(f"{name} says its zone, as 2026-11-30T23:59+01:00 does; this is {shown(text)}")
    return moment


@dataclass(frozen=True)
class Head:
    """The keys of a rubric file besides its checks."""

    id: str
    title: str
    version: str = "1"
    pass_mark: Fraction = Fraction(60)
    entry: tuple[str, ...] = ("main.py", "app.py")
    packages: tuple[str, ...] = ("flask",)
    limits: Limits = field(default_factory=Limits)
    rounding_keys: RoundingKeys | None = field(default=None, metadata={"key": "rounding"})
    late_keys: LateKeys | None = field(default=None, metadata={"key": "late"})
    provide: tuple[ProvideKeys, ...] = ()
    shuffle: bool = False

    def __post_init__(self) -> None:
        _require_names(self.id, self.title)
        if not 0 <= self.pass_mark <= 100:
            raise ValueError("pass_mark is a percentage from 0 to 100")
        for path in self.entry:
            if not _is_inside(path):
                raise ValueError(f"entry names files inside the submission, such as main.py; this is {shown(path)}")
        if not self.packages:
            raise ValueError("packages names at least one package, such as flask")
        for package in self.packages:
            if not _ID.fullmatch(package):
                raise ValueError(f"packages are names such as flask; this is {shown(package)}")
        for name, (least, most) in LIMIT_RANGES.items():
            value = getattr(self.limits, name)
            if not least <= value <= most:
                raise ValueError(f"limits: {name} goes from {least:g} to {most:.13g}")
        self._validate_provide()

    def _validate_provide(self) -> None:
        targets = [file.target for file in self.provide]
        twice = next((t for t in targets if targets.count(t) > 1), None)
        if twice is not None:
            raise ValueError(f"provide has {shown(twice)} twice")
        inside = next((t for t in targets if any(t.startswith(f"{other}/") for other in targets)), None)
        if inside is not None:
            raise ValueError(f"provide has {shown(inside)}, and a file where its folder is needed")

    @property
    def rounding(self) -> Rounding | None:
        """As the model has it."""
        return Rounding(self.rounding_keys.to, self.rounding_keys.way) if self.rounding_keys else None

    @property
    def late(self) -> LatePolicy | None:
        """As the model has it."""
        keys = self.late_keys
        return LatePolicy(keys.per_day, keys.most, keys.grace_minutes, keys.deadline) if keys else None


def _is_inside(path: str) -> bool:
    """Whether a path stays in its folder."""
    unclean = not path or path.startswith("/") or "\\" in path or "\0" in path
    return not unclean and not {"..", ".", ""} & set(path.split("/"))


@dataclass(frozen=True)
class CheckHead:
    """The keys that every check has, whatever its type."""

    id: str
    title: str
    type: str
    points: Fraction | None = None
    section: str = ""
    hint: str = ""
    needs: tuple[str, ...] = ()
    proved_by: tuple[str, ...] = ()
    visibility: Visibility = Visibility.VISIBLE
    tags: tuple[str, ...] = ()
    bonus: bool = False
    penalty: bool = False
    flag: bool = False

    def __post_init__(self) -> None:
        _require_names(self.id, self.title)
        ways = [name for name in ("bonus", "penalty", "flag") if getattr(self, name)]
        if len(ways) > 1:
            raise ValueError(f"{ways[1]} and {ways[0]} exclude each other")
        self._validate_points()
        for tag in self.tags:
            if not _ID.fullmatch(tag):
                raise ValueError(
                    f"tags are words of letters, digits, hyphens, dots and underscores; this is {shown(tag)}"
                )

    def _validate_points(self) -> None:
        if self.flag and self.points:
            raise ValueError("points are nothing that a flag has: it is reported, and costs none")
        if self.points is None and not self.flag:
            raise ValueError('a check lacks the key "points"')
        if not 0 <= (self.points or 0) <= _MOST_POINTS:
            raise ValueError(f"points go from 0 to {_MOST_POINTS}; what takes points away has penalty: true")
        if ((self.points or Fraction(0)) * 100).denominator != 1:
            raise ValueError("points have at most two decimals, as reports do")

    def around(self, claim: Check) -> RubricCheck:
        """The check of a rubric that makes a claim."""
        ways = {self.bonus: Weight.BONUS, self.penalty: Weight.PENALTY, self.flag: Weight.FLAG}
        return RubricCheck(
            id=self.id,
            title=self.title.strip(),
            points=self.points or Fraction(0),
            check=claim,
            section=self.section.strip(),
            hint=self.hint.strip(),
            needs=self.needs,
            visibility=self.visibility,
            weight=ways.get(True, Weight.POINTS),
            tags=self.tags,
            proved_by=self.proved_by,
        )


def _require_names(id: str, title: str) -> None:
    if not _ID.fullmatch(id):
        raise ValueError(f"id is at most 64 letters, digits, hyphens, dots and underscores; this is {shown(id)}")
    if not title.strip() or "\n" in title.strip():
        raise ValueError("title is one line of text")
