"""The files of an attempt in an export → one zip that is kept, and graded like any other upload.

A zip that somebody handed in stays as it is, for its bytes are what is graded; all else is packed so that the same
files make the same bytes, under the very names that a batch would see.
"""

from __future__ import annotations

import contextlib
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from grader.courses import uploads
from grader.courses.database import Database
from grader.courses.packing import Sent
from grader.courses.placing import placed
from grader.courses.uploads import Quota, Received
from grader.errors import NotGradableError, TooLargeError
from grader.frozen import dataclass
from grader.sources import Attempt, digest, stage
from grader.sources.listing import work_files
from grader.submission.copying import READ, UnreadableError, read_chunks
from grader.submission.names import shown

MOST_BYTES = 64 << 20  # of one work, unpacked; no larger one is graded
_BEGINNING = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644


@dataclass(frozen=True)
class Laid:
    """Where an attempt lies as one zip. With a `problem` nothing can be graded; the zip holds what was handed in all
    the same, as far as it can be read, and is None where there is nothing."""

    path: Path | None
    problem: NotGradableError | None = None


@dataclass(frozen=True)
class Keeping:
    """Where uploads are kept, and how many bytes: in all, and of one work."""

    data: Path
    quota: Quota
    most_work: int = 64 << 20


@dataclass(frozen=True)
class Ready:
    """One attempt's files as they will be kept; None where there are none, or none that can be."""

    place: int
    handed: Attempt
    digest: str
    file: Received | None
    problem: NotGradableError | None


@contextlib.contextmanager
def made_ready(
    database: Database, keeping: Keeping, few: Sequence[tuple[int, Attempt]], workspace: Path
) -> Iterator[tuple[Ready, ...]]:
    """The files of a few attempts, on the disk, hashed and in their places, but not kept yet."""
    with contextlib.ExitStack() as stack:
        made = tuple(_ready(keeping, stack, place, handed, workspace / str(place)) for place, handed in few)
        for one in made:
            if one.file is not None:
                stack.enter_context(placed(database, keeping.data, one.file))
        yield made


def _ready(keeping: Keeping, stack: contextlib.ExitStack, place: int, handed: Attempt, room: Path) -> Ready:
    room.mkdir()
    found = lay_out(handed, room)
    problem, file = found.problem, None
    if found.path is not None:
        try:
            with found.path.open("rb") as stream:
                sent = [Sent("work.zip", stream)]
                file = stack.enter_context(uploads.received(keeping.data, sent, keeping.most_work, digested=False))
        except TooLargeError as error:
            problem = problem or NotGradableError(f"{error.message}", "Ask for the lab alone, without .venv or .git.")
    return Ready(place, handed, digest(handed), file, problem)


def lay_out(attempt: Attempt, workspace: Path) -> Laid:
    """Lay an attempt out in an empty, private folder."""
    target = workspace / "work.zip"
    try:
        staged = stage(attempt, workspace)
        if not staged.is_dir():
            return Laid(staged)
        pack(work_files(staged), target)
        return Laid(target)
    except NotGradableError as error:
        return Laid(_as_it_came(attempt, target), error)


def _as_it_came(attempt: Attempt, target: Path) -> Path | None:
    target.unlink(missing_ok=True)
    try:
        count = pack(_pieces(attempt), target)
    except NotGradableError:
        count = 0
    return target if count else None


def _pieces(attempt: Attempt) -> Iterator[tuple[str, Path]]:
    for path, called in zip(attempt.paths, attempt.names or [p.name for p in attempt.paths], strict=True):
        if path.is_dir() and not path.is_symlink():
            yield from ((f"{called}/{inner}" if called else inner, file) for inner, file in work_files(path))
        else:
            yield called or path.name, path


def pack(files: Iterable[tuple[str, Path]], target: Path) -> int:
    """Write files into a zip, sorted by name; how many they were. Links are not followed. Raises NotGradableError."""
    count, left = 0, MOST_BYTES
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted({_encoded(name): path for name, path in files}.items()):
            left -= _packed(archive, name, path, left)
            count += 1
    return count


def _encoded(name: str) -> str:
    """A name that can stand in a zip: what is no UTF-8 is marked."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _packed(archive: zipfile.ZipFile, name: str, path: Path, left: int) -> int:
    entry = zipfile.ZipInfo(name, _BEGINNING)
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, _MODE << 16
    size = 0
    try:
        descriptor = os.open(path, READ)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableError("it is no file")
            with archive.open(entry, "w") as packed:
                for chunk in read_chunks(descriptor):
                    size += len(chunk)
                    if size > left:
                        raise NotGradableError(
                            f"It is more than {MOST_BYTES >> 20} MB.", "Ask for the lab alone, without .venv or .git."
                        )
                    packed.write(chunk)
        finally:
            os.close(descriptor)
    except (OSError, UnreadableError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise NotGradableError(f"{shown(name)} cannot be read: {why}.", "Ask for the work once more.") from error
    return size
