"""The finished lab, for submissions whose own part is something else."""

import random

from flask import Flask, render_template

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    return render_template("base.html", random_number=random.randint(1, 100000))
