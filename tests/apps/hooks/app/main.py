import random

from flask import Flask, g, render_template

app = Flask(__name__)


@app.before_request
def draw():
    g.number = random.randint(1, 100000)


@app.after_request
def no_cache(response):
    response.headers["Cache-Control"] = "no-store"
    return response


@app.route("/")
def home():
    return render_template("base.html", random_number=g.number)


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
