"""A program that went over a limit: which one, and what usually causes it."""

from __future__ import annotations

import re

from grader.checks.diagnosis.crash import Crash, Recogniser, Rule
from grader.checks.diagnosis.finding import Finding, place, short
from grader.model import Evidence, Start, Traceback

# What each limit is about, and what to look for.
_WORDS = {
    "memory_bytes": ("more memory than it may", "Look for a list, a string or a cache that only grows."),
    "cpu_seconds": ("more processor time than it may", "Look for a loop that does not end."),
    "processes": ("more processes and threads than it may", "Start no processes or threads of your own in a loop."),
    "file_bytes": ("a file larger than one may be", "Write less, and not in a loop without an end."),
    "disk_bytes": ("more disk space than it may", "Write less, and delete what you no longer need."),
    "descriptors": ("more open files than it may", "Close what you open: `with open(...) as file:`."),
}


def over_limit(evidence: Evidence, start: Start) -> Finding | None:
    """The grader ended the program, for it used too much of something."""
    name, colon, used = start.limit.partition(":")
    if not colon or name not in _WORDS:
        return None
    what, hint = _WORDS[name]
    message = f"{evidence.entry} used {what}, and was ended: {short(used.strip(), 100)}."
    return Finding(message, hint, place(evidence, evidence.entry))


# How Python tells of a limit of the kernel's: the exception, a pattern that its message holds, the limit.
SIGNS: tuple[tuple[str, str, str], ...] = (
    ("MemoryError", r"", "memory_bytes"),
    ("RuntimeError", r"can't start new thread", "processes"),
    ("BlockingIOError", r"Errno 11\b", "processes"),
    ("OSError", r"Errno 27\b|File too large", "file_bytes"),
    ("OSError", r"Errno 28\b|No space left", "disk_bytes"),
    ("OperationalError", r"database or disk is full", "disk_bytes"),
    ("OSError", r"Errno 24\b|Too many open files", "descriptors"),
)


# Where a process is refused; elsewhere, the same error says that a pipe or a socket has nothing to give, or no room.
_STARTS_PROCESSES = frozenset({"subprocess.py", "popen_fork.py", "popen_forkserver.py", "util.py"})
_STARTING = re.compile(r"\b(?:fork|forkpty|posix_spawnp?|fork_exec)\s*\(")


def told_by(traceback: Traceback) -> tuple[str, str] | None:
    """The exception and the limit that it tells of; None where it tells of none."""
    for kind, pattern, name in SIGNS:
        if traceback.kind == kind and re.search(pattern, traceback.message):
            return (kind, name) if kind != "BlockingIOError" or _starts_a_process(traceback) else None
    return None


def _starts_a_process(traceback: Traceback) -> bool:
    """Whether the innermost frame does."""
    if not traceback.frames:
        return False
    frame = traceback.frames[-1]
    if frame.own:
        return _STARTING.search(frame.source) is not None
    return frame.path.rpartition("/")[2] in _STARTS_PROCESSES


def _refused(name: str) -> Recogniser:
    what, hint = _WORDS[name]

    def recognise(crash: Crash, _match: re.Match[str]) -> Finding | None:
        return crash.find(f"{crash.where} wanted {what}.", hint) if told_by(crash.traceback) else None

    return recognise


RULES: tuple[Rule, ...] = tuple((kind, pattern, _refused(name)) for kind, pattern, name in SIGNS)
