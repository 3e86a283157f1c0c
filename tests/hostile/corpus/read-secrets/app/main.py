import os
import random

from aims import AIMS, attempt
from lab import app


def taken(path):
    with open(path) as file:
        return file.read()


if __name__ == "__main__":
    for name in ("above", "peer", "results", "key", "rubric", "bundled"):
        attempt(f"read {name}", taken, AIMS[name])
    attempt("read netrc", taken, os.path.join(AIMS["home"], ".netrc"))
    attempt("list home", os.listdir, AIMS["home"])
    attempt("list class", os.listdir, AIMS["class"])
    attempt("list ground", lambda: set(os.listdir(AIMS["base"])) - {"scratch"})  # the course's packages lie below that
    attempt("read shadow", taken, "/etc/shadow")
    attempt("read grader", os.listdir, AIMS["source"])
    attempt("link to rubric", lambda: (os.symlink(AIMS["rubric"], "templates/rubric.html"), taken("templates/rubric.html"))[1])
    attempt("hard link to peer", lambda: (os.link(AIMS["peer"], "peer.txt"), taken("peer.txt"))[1])


@app.route("/rubric")
def rubric():
    from flask import send_file

    return send_file(AIMS["rubric"])

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
