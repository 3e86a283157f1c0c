import random

from lab import app

if __name__ == "__main__":
    kept = []
    while True:
        kept.append(bytearray(4 << 20))
