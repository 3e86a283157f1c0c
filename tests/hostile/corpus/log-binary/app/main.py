import os
import random
import threading

from lab import app


def shout():
    while True:
        os.write(2, os.urandom(30_000) + b"\n" * 3000 + b"Traceback (most recent call last):\n" * 100)


if __name__ == "__main__":
    threading.Thread(target=shout, daemon=True).start()

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
