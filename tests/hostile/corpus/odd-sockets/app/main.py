import random
import socket

from aims import attempt
from lab import app

FAMILIES = {
    "netlink": (16, socket.SOCK_RAW, 0), "packet": (17, socket.SOCK_RAW, 3), "raw": (2, socket.SOCK_RAW, 1),
    "raw6": (10, socket.SOCK_RAW, 58), "ping": (2, socket.SOCK_DGRAM, 1), "vsock": (40, socket.SOCK_STREAM, 0),
    "alg": (38, 5, 0), "key": (15, socket.SOCK_RAW, 2), "bluetooth": (31, socket.SOCK_RAW, 1), "can": (29, 3, 1),
    "tipc": (30, 1, 0), "rds": (21, 5, 0), "xdp": (44, 3, 0), "sctp": (2, 1, 132), "smc": (43, 1, 0), "kcm": (41, 5, 0),
    "x25": (9, 5, 0), "llc": (26, 1, 0), "qrtr": (42, 2, 0),
}


def made(*what):
    with socket.socket(*what):
        return what


def interfaces():
    return [name for _, name in socket.if_nameindex() if name != "lo"]


if __name__ == "__main__":
    for name, what in FAMILIES.items():
        attempt(name, made, *what)
    attempt("interfaces", interfaces)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
