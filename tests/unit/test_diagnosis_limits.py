"""Which exceptions tell of a limit: not every error that a limit has in common with other faults."""

from __future__ import annotations

import pytest

from grader.checks.diagnosis.crash import Crash, first
from grader.checks.diagnosis.limits import RULES, told_by
from grader.model import Condition, Evidence, Frame, Observation, Seen, Start, StartState, Traceback
from grader.observe.limits import limits_hit

AGAIN = "[Errno 11] Resource temporarily unavailable"


def own(source: str) -> Frame:
    return Frame("main.py", 7, "home", True, source)


def library(path: str, function: str) -> Frame:
    return Frame(path, 70, function, False)


FRAMES = {
    "fork": (own("pid = os.fork()"), "processes"),
    "imported-fork": (own("if fork() == 0:"), "processes"),
    "subprocess": (library("/usr/lib/python3.11/subprocess.py", "_execute_child"), "processes"),
    "multiprocessing": (library("/usr/lib/python3.11/multiprocessing/popen_fork.py", "_launch"), "processes"),
    "pipe": (own("os.write(end, data)"), ""),
    "socket": (own("data = client.recv(100)"), ""),
    "name-like-it": (own("forked.recv(100)"), ""),
    "library-socket": (library("/usr/lib/python3.11/socket.py", "readinto"), ""),
}


@pytest.mark.parametrize("name", FRAMES)
def test_only_a_start_of_a_process_is_refused_by_the_limit_on_processes(name: str) -> None:
    frame, limit = FRAMES[name]
    traceback = Traceback("BlockingIOError", AGAIN, (own("start()"), frame), "")
    assert told_by(traceback) == (("BlockingIOError", limit) if limit else None)
    found = first(RULES, Crash(Evidence("n", "main.py"), traceback))
    assert (found is not None) is bool(limit)
    start = Start("s1", Condition(), 0, StartState.ENDED, traceback=traceback)
    evidence = Evidence("n", "main.py", seen=(Seen(Observation(), start, ()),))
    assert [hit.limit for hit in limits_hit(evidence)] == ([limit] if limit else [])


@pytest.mark.parametrize(
    ("kind", "message", "limit"),
    [
        ("MemoryError", "", "memory_bytes"),
        ("RuntimeError", "can't start new thread", "processes"),
        ("OSError", "[Errno 24] Too many open files: 'main.py'", "descriptors"),
    ],
)
def test_others_tell_of_it_wherever_they_are_raised(kind: str, message: str, limit: str) -> None:
    assert told_by(Traceback(kind, message, (own("x()"),), "")) == (kind, limit)


def test_an_exception_without_frames_and_one_of_another_kind_tell_of_none() -> None:
    assert told_by(Traceback("BlockingIOError", AGAIN, (), "")) is None
    assert told_by(Traceback("ValueError", "can't start new thread", (), "")) is None
