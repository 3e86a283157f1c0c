import os
import random
import socket
import sysconfig

import flask
from aims import AIMS, attempt
from lab import app

FOLDERS = {
    "ground": AIMS["base"], "class": AIMS["class"], "home": AIMS["home"], "root": "/", "etc": "/etc", "usr": "/usr/local/bin",
    "library": os.path.dirname(os.__file__), "packages": os.path.dirname(os.path.dirname(flask.__file__)),
    "pth": sysconfig.get_path("purelib"), "run": "/run", "cron": "/var/spool/cron", "sockets": os.path.dirname(AIMS["path_socket"]),
    "var tmp": "/var/tmp", "proc": "/proc", "sys": "/sys", "dev": "/dev",
}


def made(path, kind):
    if kind == "file":
        open(path, "w").close()
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "link":
        os.symlink("/etc/passwd", path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
    return os.path.lexists(path) and path


if __name__ == "__main__":
    for name, folder in FOLDERS.items():
        for kind in ("file", "folder", "link", "fifo", "socket"):
            attempt(f"{kind} in {name}", made, os.path.join(folder, AIMS["mark"] + kind), kind)
    attempt("device", lambda: os.mknod("device", 0o20666, os.makedev(1, 1)) or open("device", "rb").read(1))
    attempt("core pattern", lambda: open("/proc/sys/kernel/core_pattern", "w").write("|/tmp/x"))

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
