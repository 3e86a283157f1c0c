"""What a folder holds, looked at without opening anything or following a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from grader.errors import UsageError
from grader.frozen import dataclass
from grader.sources.model import LeftOut
from grader.submission.copying import READ
from grader.submission.names import kept, left_out, shown

MOST_NAMES = 50_000  # in one folder
_MACOS = frozenset(("__macosx", ".ds_store", "icon\r"))
_WINDOWS = frozenset(("desktop.ini", "thumbs.db"))
_TABLES = (".csv", ".tsv", ".xls", ".xlsx", ".ods")
OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")  # are not opened


@dataclass(frozen=True)
class Entry:
    """A regular file or a folder. `inside` are the names that a folder holds, sorted; none for a file."""

    name: str
    path: Path
    folder: bool
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """One folder of a source. `problems` says of paths what was wrong with them in the archive they came from."""

    root: Path
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]
    problems: Mapping[Path, str]

    def files(self) -> Iterator[Entry]:
        """Its files, in order."""
        return (entry for entry in self.entries if not entry.folder)

    def folders(self) -> Iterator[Entry]:
        """Its folders, in order."""
        return (entry for entry in self.entries if entry.folder)

    def file(self, name: str) -> Entry | None:
        """The file of this name, whatever its case."""
        return next((e for e in self.files() if e.name.casefold() == name), None)


def list_folder(root: Path, problems: Mapping[Path, str]) -> Listing:
    """The files and folders right below `root`, sorted by name. Raises UsageError where it cannot be read."""
    entries, out = [], []
    for name in _names(root):
        try:
            mode = os.lstat(root / name).st_mode
        except OSError as error:
            out.append(LeftOut(shown(name), f"it cannot be looked at ({error.strerror})"))
            continue
        why = _not_work(name, mode)
        if why:
            out.append(LeftOut(shown(name), why))
        else:
            folder = stat.S_ISDIR(mode)
            entries.append(Entry(name, root / name, folder, _inside(root / name) if folder else ()))
    return Listing(root, tuple(entries), tuple(out), problems)


def _names(root: Path) -> list[str]:
    try:
        with os.scandir(root) as found:
            names = sorted(entry.name for entry in islice(found, MOST_NAMES + 1))
    except OSError as error:
        raise UsageError(f"{shown(str(root))} cannot be read: {error.strerror}.", "Check its permissions.") from error
    check_count(len(names), root.name)
    return names


def check_count(names: int, where: str) -> None:
    """Raises UsageError where there are too many for one class."""
    if names > MOST_NAMES:
        raise UsageError(
            f"{shown(where)} holds more than {MOST_NAMES:,} names.", "Give the folder of one class and one lab."
        )


def _inside(folder: Path) -> tuple[str, ...]:
    try:
        with os.scandir(folder) as found:
            return tuple(sorted(entry.name for entry in islice(found, MOST_NAMES)))
    except OSError:
        return ()  # whoever grades it says that it cannot be read


def why_junk(name: str) -> str:
    """Why a file or folder of this name is nobody's work, where the name alone tells; else ""."""
    folded = name.casefold()
    if folded in _MACOS or name.startswith("._"):
        return "macOS made it; nobody handed it in"
    if folded in _WINDOWS:
        return "Windows made it; nobody handed it in"
    return "a tool made it; nobody handed it in" if left_out(name) and folded != ".git" else ""


def _not_work(name: str, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "it is a link, and links are not followed"
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "it is neither a file nor a folder"
    return why_junk(name)


def is_table(entry: Entry) -> bool:
    """Whether it is a list of a class or the like, which some lay beside the work."""
    return not entry.folder and entry.name.casefold().endswith(_TABLES)


def why_no_work(entry: Entry) -> str:
    """Why an entry whose name fits no person is left out."""
    if is_table(entry):
        return "it is a table, not work"
    return "its name is not one that this kind of export gives"


def work_files(path: Path) -> Iterator[tuple[str, Path]]:
    """The regular files of somebody's work below a folder, with their paths relative to it; links are not followed."""
    waiting = [("", path)]
    while waiting:
        above, folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                inside = {entry.name: entry for entry in islice(found, MOST_NAMES)}
        except OSError:
            continue
        for name in kept(inside.keys(), top=not above):
            if inside[name].is_dir(follow_symlinks=False):
                waiting.append((f"{above}{name}/", folder / name))
            elif inside[name].is_file(follow_symlinks=False):
                yield f"{above}{name}", folder / name


def read_start(path: Path, most: int) -> bytes:
    """The first bytes of a file, never through a link; nothing where it cannot be read."""
    try:
        descriptor = os.open(path, READ)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
