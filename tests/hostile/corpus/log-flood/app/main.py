import os
import random
import threading

from lab import app


def shout():
    line = b"x" * 65536
    while True:
        os.write(1, line)


if __name__ == "__main__":
    threading.Thread(target=shout, daemon=True).start()

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
