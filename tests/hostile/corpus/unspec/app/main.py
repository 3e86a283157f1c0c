import ctypes
import random
import socket
import struct
import threading
import time

from aims import AIMS, attempt, call
from lab import app


def turned(server):
    """Make a client of a listening socket: it keeps the network that it came from."""
    call("connect", server.fileno(), struct.pack("H14x", 0), 16)
    server.settimeout(0.3)
    server.connect(("127.0.0.1", AIMS["tcp"]))
    return True


if __name__ == "__main__":
    server = socket.socket()
    server.bind(("127.0.0.1", random.randint(2000, 9000)))
    server.listen()
    attempt("turned", turned, server)
    server.close()

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
