import faulthandler
import random
import sys
import threading

from flask import Flask

app = Flask(__name__, template_folder="templates", static_folder="static")
faulthandler.enable()
sys.setrecursionlimit(10**9)


def down(depth):
    return repr(Deep(depth))


class Deep:
    def __init__(self, depth):
        self.depth = depth

    def __repr__(self):
        return repr(Deep(self.depth + 1))


@app.route("/")
def home():
    return down(0)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
