"""The rubrics of assignments: texts in versions, the last of which is in force. Nothing that does not load is kept."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader import resources
from grader.courses.database import alone
from grader.courses.tables import Assignment, RubricVersion
from grader.errors import RubricError, UsageError
from grader.model import Rubric
from grader.rubric.load import parse_rubric

NAME = "rubric.yaml"  # in what is said of its faults
_KEPT = 64


@lru_cache(maxsize=_KEPT)
def parse(text: str) -> Rubric:
    """The rubric that a text is. It may provide the files of bundled rubrics, and others by their content. Raises
    RubricError with every fault."""
    return parse_rubric(text.encode("utf-8", "surrogatepass"), NAME, folder=resources.folder("rubrics"))


def readable(text: str | None) -> Rubric | None:
    """The rubric that a result was made by; None where no text is there, or a later version of the grader cannot read
    it any more: the result stays, without its words."""
    try:
        return parse(text) if text else None
    except RubricError:
        return None


def bundled(name: str) -> str:
    """The text of a bundled rubric. Raises UsageError."""
    from grader.rubric.load import available

    if name not in available():
        raise UsageError(f"There is no bundled rubric {name}.", f"Bundled: {', '.join(available())}.")
    return (resources.folder("rubrics") / f"{name}.yaml").read_text("utf-8")


def in_force(db: Session, assignment: Assignment) -> RubricVersion | None:
    """The last version; None where none was ever written."""
    asked = select(RubricVersion).where(RubricVersion.assignment_id == assignment.id)
    return db.scalars(asked.order_by(RubricVersion.number.desc()).limit(1)).first()


def save(
    db: Session, assignment: Assignment, text: str, *, author: int | None, note: str = "", base: int | None = None
) -> RubricVersion:
    """The next version, unless it says what the last one does; then that one. Raises RubricError where it does not
    load, and UsageError where it began from a version (`base`) that is not the last any more."""
    text = text.replace("\r\n", "\n")
    parse(text)
    alone(db, f"rubric {assignment.id}")
    last = in_force(db, assignment)
    number = last.number if last is not None else 0
    if base is not None and base != number:
        raise UsageError(
            f"Somebody has saved version {number} since you began with version {base}.",
            "Compare the two, take over what you want to keep, and save again.",
        )
    if last is not None and last.text == text:
        return last
    made = RubricVersion(
        assignment_id=assignment.id,
        number=number + 1,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        note=note.strip(),
        author_id=author,
    )
    db.add(made)
    db.flush()
    return made


def version(db: Session, assignment: Assignment, number: int) -> RubricVersion | None:
    """One of them by its number."""
    if not 0 < number < 1 << 31:  # what a database can count
        return None
    asked = select(RubricVersion).where(RubricVersion.assignment_id == assignment.id, RubricVersion.number == number)
    return db.scalars(asked).first()


def count(db: Session, assignment: Assignment) -> int:
    """How many versions there are."""
    asked = select(func.count()).where(RubricVersion.assignment_id == assignment.id)
    return db.scalar(asked) or 0
