import random
import socket
import threading

from lab import app


def flicker():
    while True:
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", random.randint(10000, 60000)))
                one.listen()
            except OSError:
                continue


if __name__ == "__main__":
    threading.Thread(target=flicker, daemon=True).start()

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
