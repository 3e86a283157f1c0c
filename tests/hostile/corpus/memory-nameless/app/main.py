import fcntl
import os
import random

from aims import attempt, libc
from lab import app


def nameless_file():
    descriptor = os.memfd_create("hoard")
    for _ in range(64):
        os.write(descriptor, bytes(1 << 20))
    return descriptor


def system_v():
    found = [libc.shmget(0, 64 << 20, 0o1600) for _ in range(4)]
    return [one for one in found if one >= 0]


def pipes():
    """Memory of the kernel's, in pipes as large as they get."""
    total, ends = 0, []
    try:
        while True:
            ends += os.pipe()
            os.set_blocking(ends[-1], False)
            total += fcntl.fcntl(ends[-1], fcntl.F_SETPIPE_SZ, 1 << 20)
    except OSError:
        for end in ends:
            os.close(end)
    return total > (100 << 20) and total


if __name__ == "__main__":
    attempt("nameless file", nameless_file)
    attempt("system v", system_v)
    attempt("pipes", pipes)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
