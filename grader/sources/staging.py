"""The files of one attempt → something that can be graded: a folder or a zip."""

from __future__ import annotations

import os
import posixpath
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from grader.errors import NotGradableError
from grader.sources.listing import OTHER_ARCHIVES, work_files
from grader.sources.model import Attempt
from grader.sources.unpacking import BROKEN, WORK_BYTES, chunks, entry_name, open_zip
from grader.submission.copying import READ, Copy, CopyLimits, UnreadableError, read_chunks
from grader.submission.names import left_out, shown

_MOST_NESTED = 2  # a zip that holds but a zip
_MOST_LISTED = 5_000
_NAME_BYTES = 200


def stage(attempt: Attempt, workspace: Path) -> Path:
    """Lay out an attempt so that `grader.pipeline.grade_path` can grade it, and say where it lies.

    What is one folder or one zip stays where it is; several files are copied into a folder of `workspace`, which is
    empty and private, under their authors' names. Raises NotGradableError where there is nothing to grade.
    """
    if attempt.problem or not attempt.paths:
        raise NotGradableError(attempt.problem or "Nothing was handed in.", "Ask for the work, or grade it by hand.")
    _check_kinds(attempt)
    pieces = list(_pieces(attempt))
    _check_archives(pieces)
    archive = _only_archive(pieces)
    if archive is not None:
        return _innermost(archive, workspace)
    if len(attempt.paths) == 1 and attempt.paths[0].is_dir():
        return attempt.paths[0]
    return _gathered(attempt, pieces, workspace)


def _check_kinds(attempt: Attempt) -> None:
    """Refuse what has become a link, or something else that could block or lead elsewhere, since it was found."""
    for path in attempt.paths:
        try:
            mode = os.lstat(path).st_mode
        except OSError as error:
            raise NotGradableError(
                f"{shown(path.name)} is gone: {error.strerror}.", "Look where it went, then grade again."
            ) from error
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise NotGradableError(f"{shown(path.name)} is neither a file nor a folder.", "Give the work itself.")


def _pieces(attempt: Attempt) -> Iterator[tuple[str, Path]]:
    """Every file of the attempt under its author's name."""
    for path, called in zip(attempt.paths, attempt.names or [p.name for p in attempt.paths], strict=True):
        if path.is_dir():
            yield from ((f"{called}/{inner}" if called else inner, file) for inner, file in work_files(path))
        else:
            yield called or path.name, path


def _check_archives(pieces: list[tuple[str, Path]]) -> None:
    """Refuse work that is in an archive which nobody opens here: that is not said of it as if nothing were there."""
    names = [name for name, _ in pieces if not name.lower().endswith(OTHER_ARCHIVES)]
    others = [name for name, _ in pieces if name.lower().endswith(OTHER_ARCHIVES)]
    if others and not any(name.lower().endswith((".zip", ".py")) for name in names):
        raise NotGradableError(
            f"{shown(others[0])} is an archive of a kind that is not opened: only zips are.",
            "Unpack it into a folder in its place, or ask for a zip.",
        )


def _only_archive(pieces: list[tuple[str, Path]]) -> Path | None:
    """The one zip that the work is in: beside it may lie what is not Python, such as a screenshot."""
    zips = [path for name, path in pieces if name.lower().endswith(".zip")]
    programs = [name for name, _ in pieces if name.lower().endswith(".py")]
    return zips[0] if len(zips) == 1 and not programs else None


def _innermost(archive: Path, workspace: Path) -> Path:
    """The zip that holds files: some people pack their zip once more."""
    current = archive
    for level in range(_MOST_NESTED):
        try:
            with open_zip(current, WORK_BYTES) as opened:
                inner = _inner(opened)
                if inner is None:
                    return current
                if level + 1 == _MOST_NESTED:
                    break
                current = _extracted(opened, inner, workspace, archive)
        except BROKEN:
            return current  # whoever grades it says what is wrong with it
    raise NotGradableError(
        f"{shown(archive.name)} is a zip in a zip in a zip.", "Pack the folder of the lab itself, once."
    )


def _inner(archive: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """The zip that is the only work in an archive."""
    files = []
    for entry in archive.infolist()[:_MOST_LISTED]:
        name = entry_name(entry)
        if not name.endswith("/") and not any(map(left_out, name.split("/"))):
            files.append(entry)
    zips = [entry for entry in files if entry_name(entry).lower().endswith(".zip")]
    programs = any(entry_name(entry).lower().endswith(".py") for entry in files)
    return zips[0] if len(zips) == 1 and not programs else None


def _extracted(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, workspace: Path, source: Path) -> Path:
    folder = workspace / "inner"
    name = _safe(posixpath.basename(entry_name(entry)))
    copy = Copy(folder, CopyLimits(bytes=WORK_BYTES), shown(source.name))
    try:
        copy.file(name, chunks(archive, entry), min(entry.file_size, WORK_BYTES))
    except UnreadableError as error:
        raise NotGradableError(
            f"{shown(name)} in {shown(source.name)} cannot be unpacked: {error}.", "Pack the folder of the lab once."
        ) from error
    finally:
        copy.close()
    return folder / name


def _gathered(attempt: Attempt, pieces: list[tuple[str, Path]], workspace: Path) -> Path:
    folder = workspace / "submission"  # the same for all: a name must not change how a program behaves
    copy = Copy(folder, CopyLimits(), attempt.label)
    try:
        for name, path in sorted(pieces):
            _copy(copy, _unused("/".join(_safe(part) for part in name.split("/")), copy), path)
    finally:
        copy.close()
    return folder


def _unused(path: str, copy: Copy) -> str:
    """The path, if nothing has been laid there."""
    parts = path.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    if copy.taken(path) or any(folder in copy.files for folder in above):
        raise NotGradableError(f"{copy.source} holds {shown(path)} twice.", "Say in a manifest which of them counts.")
    return path


def _copy(copy: Copy, name: str, path: Path) -> None:
    try:
        descriptor = os.open(path, READ)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableError("it was replaced")
            copy.file(name, read_chunks(descriptor), os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)
    except (OSError, UnreadableError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise NotGradableError(
            f"{shown(name)} cannot be read: {why}.", "Give the grader the right to read it, then grade again."
        ) from error


def _safe(name: str) -> str:
    """A name that a file can have: of what systems make names from, nothing can lead elsewhere."""
    name = name.replace("/", "_").replace("\0", "")
    while len(os.fsencode(name)) > _NAME_BYTES:
        name = name[1:]  # its ending says what it is
    return "_" if name in ("", ".", "..") else name
