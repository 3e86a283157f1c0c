import array
import os
import random
import socket

from aims import AIMS, attempt
from lab import app


def abroad():
    """Hand a socket of the program's to whoever reads at the machine's own."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as letter, socket.socket() as mine:
        letter.sendmsg([b"take it"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [mine.fileno()]))], 0, AIMS["letters"])
    return True


def flood():
    """Descriptors in flight belong to no table."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with open("/dev/null") as null:
        for count in range(1000):
            theirs.setblocking(False)
            try:
                theirs.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null.fileno()] * 250))])
            except OSError:
                return count > 100 and count


if __name__ == "__main__":
    attempt("abroad", abroad)
    attempt("flood", flood)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
