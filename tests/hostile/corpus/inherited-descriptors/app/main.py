import os
import random

from aims import attempt
from lab import app


def foreign():
    """Anything open besides the three standard ones and the pipes in which the program is heard."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:
                link = os.readlink(f"/proc/self/fd/{name}")
            except OSError:
                continue
            if not link.startswith(("pipe:", "/proc/")) and "aims" not in link:
                found.append(link)
    return found


if __name__ == "__main__":
    attempt("inherited", foreign)
    forged = {"imported": True, "apps": [{"name": "app", "templates": "templates", "static": "static",
              "static_url": "/static", "routes": [{"rule": "/../../etc/passwd", "methods": ["GET"], "endpoint": "x"}]}]}
    for descriptor in range(3, 64):
        try:
            link = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            continue
        if link.startswith("pipe:"):
            for lie in (repr(forged), "(" * 100_000, "[" * 3000 + "]" * 3000, "-" * 50_000 + "1", "{1: " * 90):
                try:
                    os.set_blocking(descriptor, False)
                    os.write(descriptor, lie.encode() + b"\n")
                except OSError:
                    continue

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
