import random

from flask import Flask, render_template

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    return render_template("base.html", random_number=random.randint(1, 100000))


@app.before_request
def deep():
    return "<h1>" * 250_000 + f"The number is {random.randint(1, 100000)}"

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
