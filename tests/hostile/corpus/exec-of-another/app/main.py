import os
import sys

from flask import Flask

if __name__ == "__main__":
    os.execv(sys.executable, [sys.executable, "served.txt"])

app = Flask(__name__)
