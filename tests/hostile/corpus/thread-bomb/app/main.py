import random
import threading
import time

from lab import app

if __name__ == "__main__":
    while True:
        threading.Thread(target=time.sleep, args=(1000,)).start()
