import os
import random

from aims import AIMS, attempt
from lab import app

OWN = {os.getpid(), os.getppid()}


def others():
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid not in OWN and pid != 1]


def each(what):
    """What can be got of any process that is not this program's."""
    for pid in [AIMS["grader"], AIMS["warm"], os.getppid(), 1, *others()[:400]]:
        try:
            got = what(f"/proc/{pid}")
        except OSError:
            continue
        if got:
            return pid, str(got)[:100]


def read(path, start=0, length=1000):
    with open(path, "rb", 0) as file:
        file.seek(start)
        return file.read(length)


def memory(folder):
    with open(folder + "/maps") as maps:
        first = next(line for line in maps if " rw-p " in line)
    return read(folder + "/mem", int(first.partition("-")[0], 16))


if __name__ == "__main__":
    attempt("environ", each, lambda folder: read(folder + "/environ"))
    attempt("memory", each, memory)
    attempt("descriptors", each, lambda folder: [os.readlink(f"{folder}/fd/{name}") for name in os.listdir(folder + "/fd")])
    attempt("root", each, lambda folder: os.listdir(folder + "/root"))
    attempt("folder", each, lambda folder: os.listdir(folder + "/cwd"))
    attempt("program", each, lambda folder: os.readlink(folder + "/exe"))
    attempt("stack", each, lambda folder: read(folder + "/syscall"))
    attempt("write memory", each, lambda folder: open(folder + "/mem", "r+b", 0))
    attempt("oom score", each, lambda folder: open(folder + "/oom_score_adj", "w"))

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
