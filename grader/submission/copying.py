"""Copies a folder that nobody has vouched for, without following, opening or believing anything in it.

Everything is opened relative to a descriptor of the folder that it stands in, never through a link, and looked at once
more after it was opened: what is swapped in between is noticed.
"""

from __future__ import annotations

import os
import posixpath
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from grader.errors import NotGradableError, UngradedError
from grader.model import Flag, FlagKind
from grader.submission.names import kept, shown

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 20
_NAME_BYTES, _PATH_BYTES = 255, 2_000
_JUNK_FACTOR = 10  # names in one folder that are left out do not count, up to this many times the limit


@dataclass(frozen=True, slots=True)
class CopyLimits:
    """How much one submission may hold: `files` counts files and folders, `depth` folders within folders."""

    files: int = 2_000
    bytes: int = 50 << 20
    depth: int = 20


class TooMuchError(NotGradableError):
    """More files, bytes or folders than a lab's work has."""


class UnreadableError(Exception):
    """A file of the submission could not be read to its end."""


class Copy:
    """The private copy while it is being filled: counts what comes in, and refuses what goes beyond the limits.

    `files` are the paths copied so far; `links` the links met, path to target; `flags` what a person should know;
    `unreadable` what was there and could not be read.
    """

    def __init__(self, root: Path, limits: CopyLimits, source: str) -> None:
        self.files: list[str] = []
        self.links: dict[str, str] = {}
        self.flags: list[Flag] = []
        self.unreadable: list[str] = []
        self.bytes = 0
        self._folders: set[str] = {""}
        self._limits = limits
        self._source = source
        root.mkdir(0o755)
        root.chmod(0o755)
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def close(self) -> None:
        """Give the descriptor back; nothing can be added any more."""
        os.close(self._root)

    def folder(self, path: str) -> None:
        """Make a folder, and those above it, unless they are there."""
        if path in self._folders:
            return
        self.folder(posixpath.dirname(path))
        self._admit(path)
        self._folders.add(path)
        with _writing(path):
            os.mkdir(path, dir_fd=self._root)
            os.chmod(path, 0o755, dir_fd=self._root)

    def file(self, path: str, chunks: Iterable[bytes], size: int = 0) -> None:
        """Write a new file; `size` is what it is said to have. Raises UnreadableError, and then there is no file."""
        self.folder(posixpath.dirname(path))
        self._admit(path)
        self._weigh(size)
        with _writing(path):
            target = os.open(path, _CREATE, 0o644, dir_fd=self._root)
        try:
            self._fill(target, path, chunks)
        except UnreadableError:
            os.unlink(path, dir_fd=self._root)
            raise
        finally:
            os.close(target)
        self.files.append(path)

    def _fill(self, target: int, path: str, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self._weigh(len(chunk))
            self.bytes += len(chunk)
            with _writing(path):
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(target, rest) :]
        with _writing(path):
            os.fchmod(target, 0o644)

    def _admit(self, path: str) -> None:
        limits = self._limits
        if len(self.files) + len(self._folders) > limits.files:
            raise self.too_much(f"more than {limits.files:,} files and folders")
        if path.count("/") > limits.depth:
            raise self.too_much(f"folders more than {limits.depth} deep")
        name = os.fsencode(posixpath.basename(path))
        if len(name) > _NAME_BYTES or len(os.fsencode(path)) > _PATH_BYTES:
            raise self.too_much(f"a path that is too long ({shown(path)[:60]}…)")

    def _weigh(self, more: int) -> None:
        if self.bytes + more > self._limits.bytes:
            raise self.too_much(f"more than {self._limits.bytes / (1 << 20):,.0f} MB")

    def too_much(self, what: str) -> TooMuchError:
        """The error that says what there is too much of."""
        return TooMuchError(
            f"{self._source} holds {what}: that is more than one lab's work.",
            "Give the folder of the lab alone, the one that holds its main.py.",
        )

    def leave_out(self, kind: FlagKind, path: str, why: str) -> None:
        """Report something that is not copied."""
        self.flags.append(Flag(kind, f"{shown(path)} {why}. It was left out.", shown(path)))

    def follow_links(self, home: str = "") -> None:
        """Put a copy of its target in the place of each link that stays inside the work; report the others.

        On the student's own machine such a link is the file (`index.html -> base.html`), so leaving it out would
        charge a working program. It is safe because nothing is resolved: the target's path is only looked up among what
        has been copied, and read from there. `home` is where the work lay, for links written as absolute paths.
        """
        while done := [path for path, target in self.links.items() if self._duplicate(_inside(path, target, home), path)]:
            for path in done:
                del self.links[path]
        for path, target in sorted(self.links.items()):
            there = _inside(path, target, home)
            why = "leads nowhere inside the work" if there else "leads out of the work"
            self.leave_out(FlagKind.LINK_LEFT_OUT, path, f"is a link that {why} (to {shown(target)[:200]})")

    def _duplicate(self, target: str, path: str) -> bool:
        if path in self._folders or not target or f"{path}/".startswith(f"{target}/"):
            return False
        found = [file for file in self.files if file == target or file.startswith(f"{target}/")]
        for file in found:
            source = os.open(file, _READ, dir_fd=self._root)
            try:
                self.file(path + file.removeprefix(target), read_chunks(source))
            finally:
                os.close(source)
        return bool(found)


class _writing:  # noqa: N801  # used as a verb, like the context managers of contextlib
    """Turns a failure to write the copy into the grader's own failure, which it is."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise UngradedError(
                f"The private copy of {shown(self._path)} cannot be written: {error.strerror}.",
                "Make room for temporary files, then grade again.",
            ) from error


def _inside(path: str, target: str, home: str) -> str:
    """Where a link leads, relative to the copy; "" where it leads out."""
    if posixpath.isabs(target):
        if not home or not target.startswith(f"{home}/"):
            return ""
        there = posixpath.normpath(target.removeprefix(f"{home}/"))
    else:
        there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    there = unicodedata.normalize("NFC", there)
    return "" if there == ".." or there.startswith("../") else there


def read_chunks(descriptor: int) -> Iterator[bytes]:
    """What an open file holds. Raises UnreadableError."""
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError as error:
            raise UnreadableError(error.strerror) from error
        if not chunk:
            return
        yield chunk


def copy_folder(source: Path, copy: Copy, only: Iterable[str] = ()) -> None:
    """Copy a folder (of its own level only the names in `only`, where there are any).

    Raises TooMuchError, and NotGradableError where the folder itself cannot be read.
    """
    try:
        folder = os.open(source, _READ | os.O_DIRECTORY)
    except OSError as error:
        raise NotGradableError(
            f"The folder {shown(source.name)} cannot be read: {error.strerror}.",
            "Give yourself the right to read it, then grade again.",
        ) from error
    try:
        _Walk(copy, frozenset(only)).folder(folder, "", top=True)
    finally:
        os.close(folder)
    copy.follow_links(str(source))


@dataclass(frozen=True, slots=True)
class _Walk:
    copy: Copy
    only: frozenset[str]

    def folder(self, folder: int, path: str, *, top: bool) -> None:
        """Copy what is in an open folder; `top` while nothing else has been seen beside it or above it."""
        names = kept(self._names(folder), top=top)
        if not path and self.only:
            names = [name for name in names if name in self.only]
        for name in names:
            inner = unicodedata.normalize("NFC", f"{path}/{name}" if path else name)
            try:
                self._take(folder, name, inner, top=top and len(names) == 1)
            except (OSError, UnreadableError) as error:
                self.copy.unreadable.append(inner)
                reason = error.strerror if isinstance(error, OSError) else error
                self.copy.leave_out(FlagKind.FILE_LEFT_OUT, inner, f"cannot be read ({reason})")

    def _names(self, folder: int) -> list[str]:
        most = self.copy._limits.files * _JUNK_FACTOR  # noqa: SLF001  # 
        with os.scandir(folder) as entries:
            return [entry.name for entry in islice(entries, most)]

    def _take(self, folder: int, name: str, path: str, *, top: bool) -> None:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if not path.isprintable():
            self.copy.leave_out(FlagKind.FILE_LEFT_OUT, path, "has a name with control characters, or one that is no UTF-8")
        elif stat.S_ISLNK(mode):
            self.copy.links[path] = os.readlink(name, dir_fd=folder)
        elif not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            self.copy.leave_out(FlagKind.LINK_LEFT_OUT, path, "is neither a file nor a folder")
        else:
            self._open(folder, name, path, top=top)
