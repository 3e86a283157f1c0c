import ctypes
import os
import platform
import random

from aims import AIMS, attempt, call, libc, syscall
from lab import app

ATTACH, SEIZE = 16, 0x4206
NUMBER = {"x86_64": {"readv": 310, "writev": 311, "getfd": 438, "kcmp": 312, "madvise": 440}}.get(
    platform.machine(), {"readv": 270, "writev": 271, "getfd": 438, "kcmp": 272, "madvise": 440}
)


class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def memory(pid, number):
    """A few bytes of the interpreter's text, which lies at the same place in all that were forked from one."""
    kept = ctypes.create_string_buffer(16)
    here = Part(ctypes.addressof(kept), 16)
    there = Part(ctypes.cast(libc.getpid, ctypes.c_void_p).value, 16)
    return syscall(number, pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)


def descriptor(pid):
    return syscall(NUMBER["getfd"], os.pidfd_open(pid), 0, 0)


if __name__ == "__main__":
    for name, pid in (("grader", AIMS["grader"]), ("warm", AIMS["warm"]), ("parent", os.getppid()), ("first", 1)):
        attempt(f"attach {name}", call, "ptrace", ATTACH, pid, 0, 0)
        attempt(f"seize {name}", call, "ptrace", SEIZE, pid, 0, 0)
        attempt(f"read {name}", memory, pid, NUMBER["readv"])
        attempt(f"write {name}", memory, pid, NUMBER["writev"])
        attempt(f"descriptor {name}", descriptor, pid)
        attempt(f"compare {name}", syscall, NUMBER["kcmp"], os.getpid(), pid, 0, 0, 0)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
