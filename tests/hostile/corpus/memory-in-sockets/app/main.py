import os
import random
import socket
import time

from lab import app


def fill():
    kept = []
    try:
        while True:
            pair = socket.socketpair()
            kept += pair
            for end in pair:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                end.setblocking(False)
                try:
                    while True:
                        end.send(b"x" * 32768)
                except BlockingIOError:
                    pass
    except OSError:
        time.sleep(100)


if __name__ == "__main__":
    for _ in range(12):
        if os.fork() == 0:
            fill()
    time.sleep(1)
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
