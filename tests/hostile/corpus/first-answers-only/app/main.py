import random

from flask import Flask, abort, render_template

app = Flask(__name__, template_folder="templates", static_folder="static")
asked = 0


@app.route("/")
def home():
    global asked
    asked += 1
    if asked > 1:
        abort(503)
    return render_template("base.html", random_number=random.randint(1, 100000))

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
