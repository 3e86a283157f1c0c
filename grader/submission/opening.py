"""Opens what was handed in: tells a folder, a Python file and a zip apart, and has each copied and understood."""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from grader.errors import NotGradableError, UsageError
from grader.model import EntryKind, Flag, FlagKind, SourceFile, Submission
from grader.submission.copying import DEFAULT_LIMITS, Copy, CopyLimits, TooMuchError
from grader.submission.entry import Entry, entry_of, find_entry
from grader.submission.folder import copy_folder
from grader.submission.names import shown
from grader.submission.sources import read_sources

_ARCHIVES = (".rar", ".7z", ".tar", ".tar.gz", ".tgz", ".gz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".lzh", ".arj")
_BESIDE = ("templates", "static")
_MOST_NAMED = 5


def open_submission(
    path: Path,
    *,
    entries: Sequence[str],
    entry: str | None = None,
    workspace: Path,
    limits: CopyLimits = DEFAULT_LIMITS,
) -> Submission:
    """Copy what lies at `path` (a folder, a `.py` file or a `.zip`) below `workspace`, and find its entry.

    `workspace` is an empty private folder that the caller deletes. `entries` are the rubric's names, likeliest first;
    `entry` is the file that a person chose. Raises UsageError where there is no such path or entry, NotGradableError
    where there is nothing to grade, AmbiguousEntryError where several files could be the entry.
    """
    source, mode = _locate(path)
    copy = Copy(workspace / "src", limits, shown(source.name) or str(source))
    try:
        if stat.S_ISDIR(mode):
            copy_folder(source, copy)
        elif source.suffix.lower() == ".zip":
            from grader.submission.archive import unpack  # costs 10 ms to import

            unpack(source, copy)
        else:
            entry = entry or source.name
            copy = _copy_around(source, copy, workspace, limits)
    finally:
        copy.close()
    return _understand(source, copy, workspace, entries, entry)


def _locate(path: Path) -> tuple[Path, int]:
    """The path itself, links in it resolved as its giver means it, and the kind of file there; nothing is opened."""
    try:
        source = path.resolve()
        mode = source.stat().st_mode
    except FileNotFoundError as error:
        raise UsageError(f"There is no {shown(str(path))}.", _near(path)) from error
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no usable path"
        raise UsageError(f"{shown(str(path))} cannot be opened: {why}.", "Check the path.") from error
    name, suffix = shown(source.name), source.suffix.lower()
    if stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and suffix in (".py", ".zip")):
        return source, mode
    if not stat.S_ISREG(mode):
        raise UsageError(f"{name} is neither a file nor a folder.", "Give a folder, a .py file or a .zip.")
    if name.lower().endswith(_ARCHIVES):
        raise NotGradableError(f"{name} is an archive that is not read.", "Hand in the folder itself, or a .zip of it.")
    raise NotGradableError(f"{name} is no Python file and no zip.", "Give a folder, a .py file or a .zip.")


def _near(path: Path) -> str:
    try:
        close = _close(path.name, os.listdir(path.parent))
    except (OSError, ValueError):
        close = []
    if not close:
        return "Check the spelling, or the folder that you are in."
    return f"Did you mean {shown(str(path.parent / close[0]))}?"


def _close(word: str, words: Sequence[str]) -> list[str]:
    import difflib  # for messages only

    return difflib.get_close_matches(word, words, 3)


def _copy_around(source: Path, copy: Copy, workspace: Path, limits: CopyLimits) -> Copy:
    """Copy a single file with all that stands beside it, since it may import, render and read that.

    Where too much stands beside it (a folder of downloads), it goes alone with its templates and static files.
    """
    try:
        copy_folder(source.parent, copy)
    except TooMuchError:
        copy.close()
        shutil.rmtree(workspace / "src")
        copy = Copy(workspace / "src", limits, shown(source.name))
        copy_folder(source.parent, copy, only=(source.name, *_BESIDE))
        text = f"{shown(source.name)} was copied without the other files beside it: they are too many for one lab."
        copy.flags.append(Flag(FlagKind.FILE_LEFT_OUT, text, shown(source.name)))
    return copy


# ----------------------------------------------------------------------------------------------------- what was copied


def _understand(source: Path, copy: Copy, workspace: Path, entries: Sequence[str], entry: str | None) -> Submission:
    outer = "" if entry == source.name and source.is_file() else _wrapping(copy)
    paths = [path.removeprefix(outer) for path in copy.files]
    unreadable = [path.removeprefix(outer) for path in copy.unreadable]
    root = workspace / "src" / outer
    files, sha256 = read_sources(root, paths)
    if entry is None:
        found = _find(copy.source, files, unreadable, entries)
    else:
        found = entry_of(_named(entry, source, outer, paths, unreadable), files)
    if found.kind is EntryKind.PACKAGE and "/" not in found.path:
        root, files, found = _wrap(workspace, root, files, found, outer, source)
    flags = (*copy.flags, *([found.flag] if found.flag else []))
    return Submission(source.name, root, found.path, sha256, files, found.kind, found.factory, flags)


def _wrapping(copy: Copy) -> str:
    """The folders around all of the work, as "lab/step3/": archives and folders often hold but one folder."""
    outer = ""
    while True:
        names = {path.removeprefix(outer).partition("/")[0] for path in (*copy.files, *copy.unreadable)}
        if len(names) != 1 or f"{outer}{next(iter(names))}" in (*copy.files, *copy.unreadable):
            return outer
        outer += f"{names.pop()}/"


def _find(source: str, files: Sequence[SourceFile], unreadable: Sequence[str], entries: Sequence[str]) -> Entry:
    if not any(file.path.lower().endswith(".py") for file in files):
        hidden = [path for path in unreadable if path.lower().endswith(".py")] or unreadable
        if hidden:
            raise _unreadable(hidden[0])
        raise NotGradableError(f"{source} holds no Python file{_contents(files)}.", _advice(files))
    found = find_entry(files, entries)
    for name in entries:
        if name == found.path:
            break
        if name in unreadable:
            raise _unreadable(name)
    return found


def _unreadable(path: str) -> NotGradableError:
    return NotGradableError(f"{shown(path)} cannot be read.", "Give the grader the right to read it, then grade again.")


def _contents(files: Sequence[SourceFile]) -> str:
    if not files:
        return ": it is empty"
    named = ", ".join(file.path for file in files[:_MOST_NAMED])
    return f", only {named}" + (f" and {len(files) - _MOST_NAMED} more" if len(files) > _MOST_NAMED else "")


def _advice(files: Sequence[SourceFile]) -> str:
    archives = [file.path for file in files if file.path.lower().endswith((".zip", *_ARCHIVES))]
    return f"Unpack {archives[0]} first." if archives else "Give the folder that holds main.py."


def _named(entry: str, source: Path, outer: str, paths: Sequence[str], unreadable: Sequence[str]) -> str:
    """The copied file that a person means: named from the folder given, from the one inside it, or from outside."""
    wanted = posixpath.normpath(entry)
    for around in ("", outer, f"{source.name}/", f"{source.name}/{outer}", f"{source}/", f"{source}/{outer}"):
        inner = wanted.removeprefix(around)
        for path in (inner, posixpath.join(inner, "__init__.py")):
            if path in paths and path.lower().endswith(".py"):
                return path
        if inner in unreadable:
            raise _unreadable(inner)
    pythons = sorted(path for path in paths if path.lower().endswith(".py"))
    near = _close(wanted, pythons) or pythons[:3]
    advice = f"Did you mean {' or '.join(near)}?" if near else "Give the folder that holds it."
    raise UsageError(f"There is no Python file {shown(entry)} in {shown(source.name)}.", advice)


def _wrap(
    workspace: Path, root: Path, files: Sequence[SourceFile], found: Entry, outer: str, source: Path
) -> tuple[Path, tuple[SourceFile, ...], Entry]:
    """Give a package whose own folder was handed in a folder around it: it is imported by its name from there."""
    name = posixpath.basename(outer.rstrip("/")) or source.stem
    name = name if name.isidentifier() else "submission"
    around = workspace / "package"
    around.mkdir()
    around.chmod(0o755)
    root.rename(around / name)
    moved = tuple(SourceFile(f"{name}/{f.path}", f.size, f.text, f.note) for f in files)
    flag = found.flag and Flag(found.flag.kind, found.flag.message, f"{name}/{found.flag.where}")
    return around, moved, Entry(f"{name}/{found.path}", found.kind, found.factory, flag)
