import ctypes
import os
import random
import signal

from aims import AIMS, attempt, in_a_child, libc
from lab import app

OWN = os.getpid()


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)
    return pid


def by_descriptor(pid):
    signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL)
    return pid


def queued(pid):
    if libc.sigqueue(pid, 9, 0) < 0:
        raise OSError(ctypes.get_errno(), "sigqueue")
    return pid


def everybody():
    """All that it may, but itself and, for it has a lab to serve, its parent: those it stops for a moment only."""
    os.kill(-1, signal.SIGCONT)


def one_by_one():
    """Every process in sight but this one, its child's parent, and where it may be seen, process 1 of its own."""
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        if pid not in (OWN, os.getpid(), 1, os.getppid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue


if __name__ == "__main__":
    for name, pid in (("grader", AIMS["grader"]), ("warm", AIMS["warm"])):
        attempt(f"kill {name}", kill, pid)
        attempt(f"stop {name}", kill, pid, signal.SIGSTOP)
        attempt(f"pidfd {name}", by_descriptor, pid)
        attempt(f"queue {name}", queued, pid)
        attempt(f"group {name}", kill, -pid)
    for pid in {1, os.getppid()}:
        try:  # where this is the program's own first process, the kernel lets no signal of its children through
            kill(pid)
        except OSError:
            pass
    attempt("one by one", in_a_child, one_by_one)
    attempt("everybody", in_a_child, everybody)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
