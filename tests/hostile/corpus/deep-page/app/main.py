import random

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    return "<div>" * 100_000 + render_template("base.html", random_number=random.randint(1, 100000)) + "</div>" * 100_000

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
