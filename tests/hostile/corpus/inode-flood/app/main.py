import os
import random

from lab import app

if __name__ == "__main__":
    for number in range(1_000_000):
        os.mkdir(f"{number}")
