import os
import random
import time

from lab import app

if __name__ == "__main__":
    kept = []
    for number in range(24):
        kept.append(open("hidden", "wb", 0))
        os.unlink("hidden")
        kept[-1].write(bytes(4 << 20))
    time.sleep(100)
