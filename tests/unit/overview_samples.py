"""A class made by chance: people of different strength at the checks of the lab, some without a score."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

from grader.model import CheckStatus
from grader.overview import CheckCell, Head, Row, RowStatus, write_overview

LAB = (
    ("starts", "The server starts", 10, 0.95),
    ("main-guard", "The server starts only when the file is run, not when it is imported", 5, 0.8),
    ("binds-all", "The server listens on every address of the machine", 5, 0.75),
    ("random-port", "The port is drawn from 2000 to 9000", 10, 0.6),
    ("templates-folder", "The template folder is templates", 5, 1.0),
    ("static-folder", "Files in static/ are served", 5, 0.97),
    ("home-route", "GET / answers 200 with a page", 10, 0.85),
    ("home-template", "The page is rendered from templates/base.html", 15, 0.7),
    ("heading", "The heading is there", 10, 0.6),
    ("number-in-page", "The number is in the page", 10, 0.45),
    ("number-random", "The number changes", 10, 0.4),
    ("template-variable", "The template gets random_number", 5, 0.0),
)
NAMES = (
    "Ada Lovelace",
    "Grace Hopper",
    "محمد الخوارزمي",
    "Łukasz Żółw",
    "李小龍",
    "Zoë O'Neill",
    "Ana-María de la Cruz Fernández",
)
HEAD = Head(
    "Flask lab: a random number", "CS 253, spring", "flask-lab, version 1", "2026-03-01 18:00 UTC", "1.0", Fraction(60)
)


def cell(
    id: str, points: Fraction | int, most: int = 10, status: CheckStatus | None = None, message: str = ""
) -> CheckCell:
    guessed = CheckStatus.PASSED if points == most else CheckStatus.FAILED if not points else CheckStatus.PARTIAL
    return CheckCell(id, f"{id}: title", Fraction(points), Fraction(most), status or guessed, message)


def graded(key: str, cells: Sequence[CheckCell] = (), **more: object) -> Row:
    """A row whose score is the sum of its cells, unless told otherwise."""
    score = sum((c.points for c in cells), Fraction(0))
    values = {
        "name": f"Name {key}", "ids": (), "status": RowStatus.GRADED, "reason": "", "score": score,
        "max_score": sum((c.max_points for c in cells), Fraction(0)), "checks": tuple(cells), **more,
    }  # fmt: skip
    return Row(key=key, **values)  # type: ignore[arg-type]


def without_score(key: str, status: RowStatus, reason: str = "", **more: object) -> Row:
    return graded(key, (), status=status, reason=reason, score=None, max_score=Fraction(100), **more)


def course(n: int, seed: int = 1) -> Iterator[Row]:
    """The same `n` rows each time."""
    chance = random.Random(seed)
    for i in range(n):
        key, name = f"p{i}", f"{NAMES[i % len(NAMES)]} {i}"
        ids = (("login", f"user{i}"), ("SIS id", str(100_000 + i)))
        kind = chance.random()
        if kind < 0.03:
            yield without_score(key, RowStatus.MISSING, name=name, ids=ids)
        elif kind < 0.05:
            yield without_score(key, RowStatus.NOT_GRADABLE, "There is no Python file in lab.zip.", name=name, ids=ids)
        elif kind < 0.06:
            yield without_score(key, RowStatus.UNGRADED, f"The sandbox died after {i} s.", name=name, ids=ids)
        else:
            strength, seconds = chance.gauss(0, 0.3), round(chance.expovariate(0.8) + 0.4, 2)
            sha = hashlib.sha256(b"same" if kind > 0.98 else key.encode()).hexdigest()
            hours = chance.randint(1, 50) if kind > 0.9 else 0
            late = f"{hours} hours late" if 0 < hours < 24 else f"{hours / 24:.1f} days" if hours else ""
            yield graded(key, _cells(chance, strength, i), name=name, ids=ids, sha256=sha, late=late,
                         late_seconds=hours * 3600.0, seconds=seconds,
                         attempt=chance.choice((1, 1, 1, 2, 3)), report=f"reports/{name}.html")  # fmt: skip


def _cells(chance: random.Random, strength: float, i: int) -> list[CheckCell]:
    cells = []
    for id, title, most, ease in LAB:
        way = -1 if id == "static-folder" else 1
        won = chance.random() < ease + strength * way if 0 < ease < 1 else bool(ease)
        status = (
            CheckStatus.PASSED if won else chance.choice((CheckStatus.FAILED, CheckStatus.FAILED, CheckStatus.BLOCKED))
        )
        if not won and most == 15:
            status = CheckStatus.PARTIAL
        earned = Fraction(most) if won else Fraction(most, 3) if status is CheckStatus.PARTIAL else Fraction(0)
        said = chance.choice((
            f"GET / answered 500: `ZeroDivisionError: division by {i}` in main.py:{i}.",
            f"GET / answered 500: `KeyError: 'name{i}'`, line {i} of /home/user{i}/main.py.",
            f'{title}: it was not so, but "{i}".',
        ))  # fmt: skip
        cells.append(CheckCell(id, title, earned, Fraction(most), status, "" if won else said))
    return cells


def written(rows: Sequence[Row] = (), head: Head = HEAD) -> str:
    """The page."""
    file = io.BytesIO()
    write_overview(lambda: iter(rows), head, file)
    return file.getvalue().decode("utf-8")
