"""The instructor's own files, laid into the private copy before anything is started."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from grader.errors import UngradedError
from grader.model import Flag, FlagKind, Provided, SourceFile, Submission
from grader.submission.sources import read_sources

_WRITE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def provide(submission: Submission, provided: Sequence[Provided]) -> Submission:
    """The submission with the rubric's files beside its entry. What the student had under the same name is replaced or
    goes on, and is flagged; the hash stays that of the student's work. Raises UngradedError."""
    if not provided:
        return submission
    beside = PurePosixPath(submission.entry).parent
    own = {file.path: file for file in submission.files}
    flags = list(submission.flags)
    written: set[str] = set()
    for file in provided:
        path = _imported(str(beside / file.path), own)
        if path in own:
            what = "goes on with lines of" if file.append else "was replaced by that of"
            flags.append(Flag(FlagKind.NOTE, f"{path} {what} the rubric.", path))
        _write(submission.root, path, file)
        written |= {path} - ({*own} if file.append else set())
    files, _ = read_sources(submission.root, {*own, *written})
    return replace(submission, files=tuple(_as_seen(f, own, written) for f in files), flags=tuple(flags))


def _imported(path: str, own: Mapping[str, SourceFile]) -> str:
    """Where a module is that is imported by this name: a package goes before a file."""
    package = f"{path.removesuffix('.py')}/__init__.py"
    return package if path.endswith(".py") and package in own else path


def _as_seen(file: SourceFile, own: Mapping[str, SourceFile], written: Collection[str]) -> SourceFile:
    """What is read of a file: the student's own part, and what the rubric brought as such."""
    return replace(file, provided=True) if file.path in written else own[file.path]


def _write(root: Path, path: str, file: Provided) -> None:
    """The copy holds regular files and folders only, and belongs to the grader; a link would not be followed."""
    target = root / path
    try:
        os.makedirs(target.parent, mode=0o755, exist_ok=True)
        with os.fdopen(os.open(target, _WRITE, 0o644), "r+b") as opened:
            before = opened.read() + b"\n\n" if file.append and os.fstat(opened.fileno()).st_size else b""
            opened.seek(0)
            opened.truncate()
            opened.write(before + file.content)
            os.fchmod(opened.fileno(), 0o644)
    except OSError as error:
        raise UngradedError(
            f"The rubric's file {path} could not be laid into the copy: {error.strerror}.",
            "The submission may have a folder of that name, or a file where a folder is needed; look at it by hand.",
        ) from error
