import os
import random

from lab import app

if __name__ == "__main__":
    number = 0
    while True:
        number += 1
        with open(f"fill-{number}", "wb") as file:
            file.write(bytes(4 << 20))
