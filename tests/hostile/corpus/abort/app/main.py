import os
import random

from lab import app

if __name__ == "__main__":
    os.abort()
