import os
import random

from lab import app

if __name__ == "__main__":
    number = 0
    while True:
        number += 1
        for folder in ("/dev/shm", "/tmp"):
            try:
                with open(f"{folder}/hoard-{os.getpid()}-{number}", "wb") as file:
                    file.write(bytes(4 << 20))
            except OSError as error:
                if folder == "/dev/shm":
                    raise
