import random

from flask import Flask, render_template

app = Flask(__name__, template_folder="templates", static_folder="static")
ROWS = "<h1 class=a id=b>The <b>numbe</b>r <i>is</i> 5</h1>" * 20_000
answers = 0


@app.route("/")
def home():
    return render_template("base.html", random_number=random.randint(1, 100000))


@app.before_request
def heavy():
    global answers
    answers += 1
    return f"{ROWS}<p>{answers}"

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
