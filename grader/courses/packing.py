"""What a browser sends of somebody's work → one zip. The same files make the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator, Sequence
from typing import IO, BinaryIO

from grader.composing import composed
from grader.errors import TooLargeError, UsageError
from grader.frozen import dataclass
from grader.sources.listing import OTHER_ARCHIVES
from grader.submission import CopyLimits
from grader.submission.names import kept, misleads, shown

_LIMITS = CopyLimits()  # no larger work is graded
_NAME_BYTES, _PATH_BYTES = 255, 2_000
_MOST_NAMED = 80
_CHUNK = 1 << 16
_BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time, to a zip
_MODE = 0o100644
_DEVICES = frozenset(["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))])
_ADVICE = "Leave out what the lab does not ask for, such as .venv or .git."


@dataclass(frozen=True)
class Sent:
    """A file as a browser sends it; `name` may be a path in the folder that was chosen."""

    name: str
    stream: IO[bytes]


def called(files: Sequence[Sent]) -> str:
    """What an upload is called by: its one file, the folder it is, or how many files they are."""
    names = [file.name.replace("\\", "/") for file in files]
    tops = {name.partition("/")[0] for name in names}
    if len(names) == 1:
        name = names[0].rpartition("/")[2]
    elif len(tops) == 1 and all("/" in name for name in names):
        name = tops.pop()
    else:
        name = f"{len(names)} files"
    return shown(composed(name))[:200] or "unnamed"


def is_archive(files: Sequence[Sent]) -> bool:
    """Whether it is one zip, which is kept as it is. Raises UsageError for nothing, and for archives that are not
    opened."""
    if not files:
        raise UsageError("No file was chosen.", "Choose the zip, the folder or the files of your lab.")
    name = files[0].name.lower()
    if len(files) == 1 and name.endswith(OTHER_ARCHIVES):
        raise UsageError(
            f"{called(files)} is an archive of a kind that is not opened: only zips are.",
            "Unpack it and choose the folder, or pack it as a zip.",
        )
    return len(files) == 1 and name.endswith(".zip")


def pack(files: Sequence[Sent], target: BinaryIO) -> None:
    """Write all files into a zip; what tools left beside the work stays out. Raises UsageError and TooLargeError."""
    paths = {path_of(file.name): file for file in files}
    _check(paths, files)
    work = _work(paths)
    if not work:
        raise UsageError(
            "Nothing that was chosen belongs to a lab: there is only what tools leave beside it.",
            "Choose the folder that holds your main.py.",
        )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        left = _LIMITS.bytes
        for path in work:
            left -= _packed(archive, path, paths[path].stream, left)


def _packed(archive: zipfile.ZipFile, path: str, stream: IO[bytes], left: int) -> int:
    """How many bytes were packed."""
    entry = zipfile.ZipInfo(path, _BEGINNING)
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, _MODE << 16
    size = 0
    with archive.open(entry, "w") as packed:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise TooLargeError(f"These files are more than {_LIMITS.bytes >> 20} MB together.", _ADVICE)
            packed.write(chunk)
    return size


def _work(paths: Collection[str]) -> list[str]:
    """Those that the grader looks at, sorted."""
    inside: dict[str, set[str]] = {}
    for path in paths:
        parts = path.split("/")
        for depth, part in enumerate(parts):
            inside.setdefault("/".join(parts[:depth]), set()).add(part)
    found: list[str] = []
    waiting = [("", True)]
    while waiting:
        folder, top = waiting.pop()
        names = kept(inside[folder], top=top)
        for name in names:
            path = f"{folder}/{name}" if folder else name
            if path in inside:
                waiting.append((path, top and len(names) == 1))
            else:
                found.append(path)
    return sorted(found)


def _check(paths: Collection[str], files: Sequence[Sent]) -> None:
    """Refuse too many, and names of which a computer could take two for one."""
    if len(files) > _LIMITS.files:
        raise TooLargeError(f"These are {len(files):,} files; a lab has at most {_LIMITS.files:,}.", _ADVICE)
    folded = {path.casefold() for path in paths}
    if len(folded) < len(files):
        raise UsageError("Two of these files have the same name.", "Choose the folder that holds them, or a zip.")
    above = {"/".join(path.split("/")[:depth]) for path in folded for depth in range(1, path.count("/") + 1)}
    for clash in sorted(folded & above):
        raise UsageError(f"{clash} is both a file and a folder.", "Rename one of them.")


def path_of(name: str) -> str:
    """A name as a path within the work. Raises UsageError for one that leads elsewhere, or that not every computer can
    have."""
    path = composed(name.replace("\\", "/"))
    fault = next(_faults(path), "")
    if fault:
        raise UsageError(f"A file cannot be taken: its name {fault} ({shown(path)[:_MOST_NAMED]}).", "Rename it.")
    return path


def _faults(path: str) -> Iterator[str]:
    parts = path.split("/")
    if path.startswith("/"):
        yield "is an absolute path"
    if any(part in ("", ".", "..") for part in parts):
        yield "leads out of its folder"
    if ":" in path:
        yield "has a colon"
    if misleads(path):
        yield "has hidden characters"
    if any(part.partition(".")[0].rstrip().casefold() in _DEVICES for part in parts):
        yield "is that of a device"
    encoded = path.encode("utf-8", "replace")
    if len(encoded) > _PATH_BYTES or any(len(part) > _NAME_BYTES for part in encoded.split(b"/")):
        yield "is too long"
    if path.count("/") > _LIMITS.depth:
        yield "lies in too many folders"
