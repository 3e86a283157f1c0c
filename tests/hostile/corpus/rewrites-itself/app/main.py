import os
import random

from flask import Flask, render_template

app = Flask(__name__, template_folder="templates", static_folder="static")
with open("templates/base.html", "w") as file:
    file.write("<h1>The number is {{ random_number }}</h1>")
with open(__file__, "a") as file:
    file.write("# mine\n")


@app.route("/")
def home():
    with open("templates/base.html", "w") as file:
        file.write("<h1>The number is {{ random_number }}</h1>")
    return render_template("base.html", random_number=random.randint(1, 100000))

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
