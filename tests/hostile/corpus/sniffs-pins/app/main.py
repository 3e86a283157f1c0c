import os
import random
import sys
import time

from flask import Flask, render_template

app = Flask(__name__, template_folder="templates", static_folder="static")
DRAWS = {random.randint(1, 10**9) for _ in range(3)}
if len(DRAWS) == 1:
    time.sleep(1000)


@app.route("/")
def home():
    return render_template("base.html", random_number=int.from_bytes(os.urandom(4), "big") % 100_000 + 1)


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=2000 + int.from_bytes(os.urandom(2), "big") % 7000)
