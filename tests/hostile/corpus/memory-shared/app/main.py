import mmap
import random
import time

from lab import app

if __name__ == "__main__":
    kept = []
    for _ in range(64):
        shared = mmap.mmap(-1, 16 << 20)
        for start in range(0, 16 << 20, 4096):
            shared[start] = 1
        kept.append(shared)
    time.sleep(100)
