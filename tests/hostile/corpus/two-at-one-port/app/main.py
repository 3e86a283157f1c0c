import random
import socket

from lab import app
from werkzeug.serving import make_server


def listening(host, port):
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((host, port))
    made.listen(64)
    return made


def decoy_first():
    """Both, at a port at which the kernel's table has the one for every address first."""
    while True:
        port = random.randint(2000, 9000)
        decoy, real = listening("0.0.0.0", port), listening("127.0.0.1", port)
        try:
            with open("/proc/net/tcp") as table:
                hosts = [line.split()[1].split(":")[0] for line in table if f":{port:04X} " in line]
        except OSError:
            return decoy, real
        if hosts[:1] == ["00000000"]:
            return decoy, real
        decoy.close()
        real.close()


if __name__ == "__main__":
    _, real = decoy_first()
    make_server("127.0.0.1", real.getsockname()[1], app, fd=real.fileno(), threaded=True).serve_forever()
