"""The instructor's own files, laid into the private copy before anything is started."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from grader.errors import UngradedError
from grader.model import Flag, FlagKind, Provided, Submission
from grader.submission.sources import read_sources


def provide(submission: Submission, provided: Sequence[Provided]) -> Submission:
    """The submission with the rubric's files beside its entry. What the student had under the same name is replaced,
    and flagged; the hash stays that of the student's work. Raises UngradedError."""
    if not provided:
        return submission
    beside = PurePosixPath(submission.entry).parent
    paths = {file.path for file in submission.files}
    flags = list(submission.flags)
    for file in provided:
        path = str(beside / file.path)
        if path in paths:
            flags.append(Flag(FlagKind.NOTE, f"{path} is the instructor's here: the student's own was replaced.", path))
        _write(submission.root, path, file.content)
        paths.add(path)
    files, _ = read_sources(submission.root, paths)
    return replace(submission, files=files, flags=tuple(flags))


def _write(root: Path, path: str, content: bytes) -> None:
    """The copy holds regular files and folders only, and belongs to the grader: no link can lead out of it."""
    target = root / path
    try:
        os.makedirs(target.parent, mode=0o755, exist_ok=True)
        target.write_bytes(content)
        os.chmod(target, 0o644)
    except OSError as error:
        raise UngradedError(
            f"The rubric's file {path} could not be laid into the copy: {error.strerror}.",
            "The submission may have a folder of that name, or a file where a folder is needed; look at it by hand.",
        ) from error
