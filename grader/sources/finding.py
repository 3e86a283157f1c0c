"""An instructor's source → who handed in what."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from grader.errors import UngradedError, UsageError
from grader.sources.detecting import detect
from grader.sources.kinds import READERS
from grader.sources.listing import Listing, is_table, list_folder
from grader.sources.manifest import read_manifest
from grader.sources.model import Attempt, Found, Kind, LeftOut, Which
from grader.sources.unpacking import unpack_export
from grader.submission.names import shown

_MOST_NESTED = 2  # an export in a zip


def find(source: Path, *, kind: Kind | None = None, manifest: Path | None = None, workspace: Path) -> Found:
    """Map the files of a source to people and their attempts.

    `source` is a folder, an unpacked export or the zip of an export; a zip is unpacked below `workspace`, a private
    folder that has to stay as long as the attempts are used. `kind` is forced where given, else found out by majority.
    A `manifest` says who handed in what, and overrides all that names say. Raises UsageError.
    """
    root, out, problems = _open(source, workspace)
    if manifest is None:
        kind, why, listing = detect(root, kind, problems)
        attempts, left_out = _read(kind, listing)
    else:
        known = _known(root, kind, problems)
        kind = known.kind if known else kind or Kind.FOLDER
        attempts, left_out = read_manifest(manifest, root, known)
        people = len({attempt.person.key for attempt in attempts})
        files = sum(len(attempt.paths) for attempt in attempts)
        why = f"The manifest {shown(manifest.name)} names {files} files or folders of {people} people."
    attempts = tuple(_with_problems(attempt, problems) for attempt in attempts)
    return Found(kind, why, attempts, tuple(sorted({*out, *left_out}, key=lambda one: (one.path, one.reason))), root)


def attempts(found: Found, which: Which) -> tuple[Attempt, ...]:
    """The attempts to grade."""
    if which is Which.ALL:
        return found.attempts
    latest = {attempt.person.key: attempt for attempt in found.attempts}  # in the order of time
    return tuple(latest.values())


def _known(root: Path, kind: Kind | None, problems: dict[Path, str]) -> Found | None:
    """What the names alone say, for whatever a manifest leaves open."""
    try:
        kind, why, listing = detect(root, kind, problems)
    except UsageError:
        return None
    return Found(kind, why, *_read(kind, listing))


def _read(kind: Kind, listing: Listing) -> tuple[tuple[Attempt, ...], tuple[LeftOut, ...]]:
    reading = READERS[kind].read(listing)
    return reading.attempts, (*listing.left_out, *reading.left_out)


def _open(source: Path, workspace: Path) -> tuple[Path, tuple[LeftOut, ...], dict[Path, str]]:
    """The folder to look at; an archive is unpacked first, and so is one that holds nothing but another."""
    root = _located(source)
    root = (_export_inside(root, workspace) if root.is_dir() else None) or root
    out: list[LeftOut] = []
    problems: dict[Path, str] = {}
    for level in range(_MOST_NESTED):
        if root.is_dir():
            break
        # The folder bears the archive's name, as it would if it had been unpacked by hand: some names count.
        unpacked = unpack_export(root, _made(workspace / f"export{level}") / root.stem)
        out += unpacked.left_out
        problems |= unpacked.problems
        root = _inner_archive(unpacked.root, problems) or unpacked.root
    if not root.is_dir():
        raise UsageError(
            f"{shown(source.name)} is a zip in a zip in a zip.", "Unpack it yourself, and give the innermost one."
        )
    return root, tuple(out), problems


def _export_inside(folder: Path, workspace: Path) -> Path | None:
    """The one zip in a folder, where that is the export of a class and not the work of one person."""
    work = [entry for entry in list_folder(folder, {}).entries if not is_table(entry)]
    if len(work) != 1 or work[0].folder or not work[0].name.lower().endswith(".zip"):
        return None
    try:
        unpacked = unpack_export(work[0].path, _made(workspace / "looked-at") / work[0].path.stem)
    except UsageError:  # whoever grades it says what is wrong with it
        return None
    found = _known(unpacked.root, None, unpacked.problems)
    return work[0].path if found and found.kind not in (Kind.FOLDER, Kind.REPLIT) else None


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o755)
    except OSError as error:
        raise UngradedError(
            f"There is no room to unpack in {shown(str(folder.parent))}: {error.strerror}.",
            "Make room there, or give another folder for temporary files.",
        ) from error
    return folder


def _located(source: Path) -> Path:
    try:
        root = source.resolve()
        mode = root.stat().st_mode
    except (OSError, RuntimeError, ValueError) as error:
        why = "there is nothing of this name" if isinstance(error, FileNotFoundError) else "it is no usable path"
        why = why if not isinstance(error, PermissionError) else "you may not"
        raise UsageError(f"{shown(str(source))} cannot be opened: {why}.", "Check the path.") from error
    if stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and root.suffix.lower() == ".zip"):
        return root
    raise UsageError(
        f"{shown(source.name)} is neither a folder nor a zip.",
        "Give the zip that your LMS exports, or a folder with everybody's work.",
    )


def _inner_archive(root: Path, problems: dict[Path, str]) -> Path | None:
    """The one zip that is all that an archive holds, unless its name says that it is somebody's work."""
    listing = list_folder(root, problems)
    only = listing.entries[0] if len(listing.entries) == 1 else None
    if only is None or only.folder or not only.name.lower().endswith(".zip") or only.path in problems:
        return None
    exports = (READERS[kind] for kind in READERS if kind not in (Kind.FOLDER, Kind.REPLIT))
    return None if any(reader.fits(listing) for reader in exports) else only.path


def _with_problems(attempt: Attempt, problems: dict[Path, str]) -> Attempt:
    """The attempt with what was wrong with its files in the archive."""
    why = [problems[path] for path in sorted(problems) if _holds(attempt.paths, path)]
    return replace(attempt, problem=attempt.problem or why[0]) if why else attempt


def _holds(paths: Iterable[Path], inner: Path) -> bool:
    return any(inner == path or str(inner).startswith(f"{path}{os.sep}") for path in paths)
