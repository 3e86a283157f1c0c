"""Branch coverage of the processes that the grader forks. Used by the tests alone; nothing in `grader` knows of it.

The warm interpreter begins coverage by itself. The processes forked from it leave this file system, close every
descriptor and end with os._exit, or are killed; so each leaves what it saw in memory that all of them share, and the
warm interpreter, which stays outside, writes it into files at its own end.
"""

from __future__ import annotations

import mmap
import os
import random
import socket
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any

SLOTS, SLOT_BYTES = 2048, 96 << 10
_LENGTH = struct.Struct("!I")


def begin(folder: str, include: str) -> None:
    """In the warm interpreter, before anything of the grader's is loaded: measure `include`, write into `folder`."""
    import coverage

    measured = coverage.Coverage(data_file=None, branch=True, include=[include], config_file=False)
    # A child that has nothing of its own to say must not write so into a student's log.
    measured.set_option("run:disable_warnings", ["no-data-collected"])
    measured.start()
    memory = mmap.mmap(-1, SLOTS * SLOT_BYTES)
    outside = os.getpid()
    really_exit, really_wait = os._exit, os.waitpid

    def leave_word() -> None:
        data = measured.get_data().dumps()
        if len(data) + _LENGTH.size > SLOT_BYTES:
            return
        word = _LENGTH.pack(len(data)) + data
        first = zlib.crc32(data)
        for slot in range(first, first + 40):  # where the same was said before, there is nothing to add
            at = slot % SLOTS * SLOT_BYTES
            if _LENGTH.unpack_from(memory, at)[0] == 0:
                memory[at : at + len(word)] = word
            if memory[at : at + len(word)] == word:
                return

    def leave(status: int) -> None:
        leave_word()
        if os.getpid() == outside:
            write(folder, memory)
        really_exit(status)

    def wait(pid: int, options: int) -> Any:
        if os.getpid() == 1:  # the first process of a start: nearly always killed while it waits
            leave_word()
        return really_wait(pid, options)

    os._exit, os.waitpid = leave, wait  # type: ignore[assignment]
    sys.modules["_leave_word"] = type(sys)("_leave_word")
    sys.modules["_leave_word"].now = leave_word  # type: ignore[attr-defined]


def before_the_program(begin_program: Callable[[Any], None]) -> Callable[[Any], None]:
    """The student's program is killed sooner or later: it leaves its word before it begins."""

    def begin(spec: Any) -> None:
        leave_word = sys.modules["_leave_word"].now  # type: ignore[attr-defined]
        really_listen, really_write = socket.socket.listen, os.write

        def listen(self: socket.socket, *backlog: int) -> None:
            really_listen(self, *backlog)
            leave_word()

        def write(descriptor: int, data: bytes) -> int:
            written = really_write(descriptor, data)
            if descriptor == spec["claims"]:
                leave_word()
            return written

        socket.socket.listen, os.write = listen, write  # type: ignore[method-assign,assignment]
        leave_word()
        begin_program(spec)

    return begin


def before_its_end(end: Callable[..., None]) -> Callable[..., None]:
    """A program that ends by itself leaves its word before exit functions, coverage's own among them, have run."""

    def end_program(*how: Any) -> None:
        sys.modules["_leave_word"].now()  # type: ignore[attr-defined]
        end(*how)

    return end_program


def write(folder: str, memory: mmap.mmap) -> None:
    """One data file for each word that was left."""
    from coverage import CoverageData

    for slot in range(SLOTS):
        (length,) = _LENGTH.unpack_from(memory, slot * SLOT_BYTES)
        if length:
            start = slot * SLOT_BYTES + _LENGTH.size
            name = os.path.join(
                folder, f".coverage.child.{os.getpid()}.{slot}.{random.SystemRandom().randrange(10**9)}"
            )
            data = CoverageData(basename=name)
            data.loads(memory[start : start + length])
            data.write()


def boot(boot: str, root: str) -> str:
    """The warm interpreter's first words, with coverage begun before them."""
    import coverage

    child = os.path.join(root, "grader", "launch", "child", "*")
    folders = [os.path.join(root, "tests"), os.path.dirname(os.path.dirname(coverage.__file__))]
    wrap = (
        "from _launch import zygote, program\n"
        "if c:\n"
        "    program.begin = c.before_the_program(program.begin)\n"
        "    program._end = c.before_its_end(program._end)\n"
    )
    return (
        "import sys\n"
        f"before, sys.path = sys.path, [*sys.path, *{folders!r}]\n"
        "try:\n"
        "    import coverage_in_children as c\n"
        f"    c.begin({root!r}, {child!r})\n"
        "except ImportError:\n"  # an interpreter of another version: coverage's own module does not fit
        "    c = None\n"
        "sys.path = before\n" + boot.replace("from _launch import zygote\n", wrap)
    )
