import os
import random
import shutil

import flask
from aims import AIMS, attempt
from lab import app

FILES = {
    "above": AIMS["above"], "peer": AIMS["peer"], "results": AIMS["results"], "thesis": os.path.join(AIMS["home"], "thesis.txt"),
    "library": os.__file__, "package": flask.__file__, "passwd": "/etc/passwd",
}


def changed(path, change, *arguments):
    """Whether anything of a file is different afterwards: calls may seem to succeed and do nothing."""
    before = os.stat(path)
    change(path, *arguments)
    try:
        after = os.stat(path)
    except FileNotFoundError:
        return "gone"
    return before[:9] != after[:9] or before.st_ctime_ns != after.st_ctime_ns


def write(path):
    with open(path, "a") as file:
        file.write("mine")


if __name__ == "__main__":
    for name, path in FILES.items():
        attempt(f"write {name}", changed, path, write)
        attempt(f"truncate {name}", changed, path, os.truncate, 0)
        attempt(f"chmod {name}", changed, path, os.chmod, 0o777)
        attempt(f"chown {name}", changed, path, os.chown, os.getuid(), os.getgid())
        attempt(f"utime {name}", changed, path, os.utime, (0, 0))
        attempt(f"setxattr {name}", changed, path, os.setxattr, "user.mine", b"mine")
        attempt(f"link {name}", changed, path, os.link, path + "-link")
        attempt(f"rename {name}", changed, path, os.rename, path + "-moved")
        attempt(f"delete {name}", changed, path, os.unlink)
    attempt("delete peer folder", lambda: shutil.rmtree(os.path.dirname(AIMS["peer"])) or True)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
