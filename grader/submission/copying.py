"""The private copy of a submission, while it is being filled: inside the limits, and open to nobody's tricks."""

from __future__ import annotations

import contextlib
import os
import posixpath
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.errors import NotGradableError, UngradedError
from grader.frozen import dataclass
from grader.model import Flag, FlagKind
from grader.submission.names import shown

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 20
_NAME_BYTES, _PATH_BYTES = 255, 2_000
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644  # the program runs as another user


@dataclass(frozen=True)
class CopyLimits:
    """How much one submission may hold: `files` counts files and folders, `depth` folders within folders."""

    files: int = 2_000
    bytes: int = 50 << 20
    depth: int = 20


DEFAULT_LIMITS = CopyLimits()


class TooMuchError(NotGradableError):
    """More files, bytes or folders than a lab's work has."""


class UnreadableError(Exception):
    """A file of the submission could not be read to its end; the text says why."""


class Copy:
    """Counts what comes in, and refuses what goes beyond the limits.

    `files` are the paths copied so far; `links` the links met, path to target; `flags` what a person should know;
    `unreadable` what was there and could not be read. Paths are relative to the copy, in Unicode's composed form.
    """

    def __init__(self, root: Path, limits: CopyLimits, source: str) -> None:
        self.files: set[str] = set()
        self.links: dict[str, str] = {}
        self.flags: list[Flag] = []
        self.unreadable: list[str] = []
        self.limits = limits
        self.source = source
        self._bytes = 0
        self._folders: set[str] = {""}
        with _writing(root.name):
            root.mkdir()
            root.chmod(_FOLDER_MODE)
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
        with _writing(path):
            os.mkdir(path, dir_fd=self._root)
            os.chmod(path, _FOLDER_MODE, dir_fd=self._root)
        self._folders.add(path)

    def file(self, path: str, chunks: Iterable[bytes], size: int) -> None:
        """Write a new file; `size` is what it is said to have. Raises UnreadableError, and then there is no file."""
        self.folder(posixpath.dirname(path))
        self._admit(path)
        self._weigh(size)
        with _writing(path):
            target = os.open(path, _CREATE, _FILE_MODE, dir_fd=self._root)
        try:
            self._fill(target, path, chunks)
        except UnreadableError:
            os.unlink(path, dir_fd=self._root)
            raise
        finally:
            os.close(target)
        self.files.add(path)

    def _fill(self, target: int, path: str, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self._weigh(len(chunk))
            self._bytes += len(chunk)
            with _writing(path):
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(target, rest) :]
        with _writing(path):
            os.fchmod(target, _FILE_MODE)

    def _admit(self, path: str) -> None:
        if len(self.files) + len(self._folders) > self.limits.files:
            raise self.too_much(f"more than {self.limits.files:,} files and folders")
        if path.count("/") > self.limits.depth:
            raise self.too_much(f"folders more than {self.limits.depth} deep")
        if len(os.fsencode(posixpath.basename(path))) > _NAME_BYTES or len(os.fsencode(path)) > _PATH_BYTES:
            raise self.too_much(f"a path that is too long ({shown(path)[:60]}…)")

    def _weigh(self, more: int) -> None:
        if self._bytes + more > self.limits.bytes:
            raise self.too_much(f"more than {self.limits.bytes / (1 << 20):,.4g} MB")

    def too_much(self, what: str) -> TooMuchError:
        """The error that says what there is too much of."""
        return TooMuchError(
            f"{self.source} holds {what}, which is more than the work of one lab.",
            "Give the folder of the lab alone, the one that holds its main.py.",
        )

    def taken(self, path: str) -> bool:
        """Whether something of this path is in the copy already."""
        return path in self._folders or path in self.files

    def leave_out(self, kind: FlagKind, path: str, why: str) -> None:
        """Report something that is not copied; `why` goes on after its path."""
        self.flags.append(Flag(kind, f"{shown(path)} {why}. It was left out.", shown(path)))

    def cannot_read(self, path: str, why: str) -> None:
        """Report a file or folder that could not be read."""
        self.unreadable.append(path)
        self.leave_out(FlagKind.FILE_LEFT_OUT, path, f"cannot be read ({why})")

    def follow_links(self, home: str = "") -> None:
        """Put a copy of its target in the place of each link that stays inside the work; report the others.

        On the student's own machine such a link is the file (`index.html -> base.html`), so that leaving it out would
        charge a program that works. It is safe since nothing is resolved: the target's path is only looked up among
        what has been copied, and read from there. `home` is where the work lay, for links written as absolute paths.
        """
        inside = {path: _inside(path, target, home) for path, target in self.links.items()}
        waiting = sorted(inside)
        while done := [path for path in waiting if self._duplicate(inside[path], path)]:
            waiting = [path for path in waiting if path not in done]
        for path in waiting:
            why = "leads nowhere inside the work" if inside[path] else "leads out of the work"
            self.leave_out(FlagKind.LINK_LEFT_OUT, path, f"is a link that {why} (to {shown(self.links[path])[:200]})")

    def _duplicate(self, target: str, path: str) -> bool:
        """Copy the file or folder `target` of the copy to `path`, unless it is not there or holds `path` itself."""
        if not target or f"{path}/".startswith(f"{target}/"):
            return False
        found = [file for file in sorted(self.files) if file == target or file.startswith(f"{target}/")]
        for file in found:
            source = os.open(file, READ, dir_fd=self._root)
            try:
                self.file(path + file.removeprefix(target), read_chunks(source), os.fstat(source).st_size)
            finally:
                os.close(source)
        return bool(found)


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


@contextlib.contextmanager
def _writing(path: str) -> Iterator[None]:
    """A copy that cannot be written is the grader's own failure, never the student's."""
    try:
        yield
    except OSError as error:
        raise UngradedError(
            f"The private copy of {shown(path)} cannot be written: {error.strerror}.",
            "Make room in the folder for temporary files, then grade again.",
        ) from error


def _inside(path: str, target: str, home: str) -> str:
    """Where a link leads, relative to the copy; "" where it leads out."""
    if posixpath.isabs(target):
        if not home or not target.startswith(f"{home}/"):
            return ""
        there = posixpath.normpath(target.removeprefix(f"{home}/"))
    else:
        there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return "" if there == ".." or there.startswith(("../", "/")) else unicodedata.normalize("NFC", there)
