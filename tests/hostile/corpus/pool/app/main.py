import multiprocessing
import random
import time

from flask import Flask

app = Flask(__name__, template_folder="templates", static_folder="static")


def burn(_):
    while True:
        pass


@app.route("/")
def home():
    with multiprocessing.get_context("fork").Pool(40) as pool:
        pool.map(burn, range(40))
    return "done"

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
