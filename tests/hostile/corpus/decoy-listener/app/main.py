import random
import socket

from lab import app

if __name__ == "__main__":
    decoy = socket.socket()
    decoy.bind(("0.0.0.0", random.randint(2000, 9000)))
    decoy.listen()
    app.run(host="127.0.0.1", port=5000)
