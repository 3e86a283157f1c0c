import os
import random

from aims import attempt
from lab import app

if __name__ == "__main__":
    attempt("bits are kept", lambda: os.stat("tool").st_mode & 0o6111)
    attempt("special files are kept", lambda: [n for n in ("bus", "secrets.py", "templates/pipe.html") if os.path.lexists(n)])
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
