import random

from flask import Flask, render_template

aplicación = Flask(__name__)


@aplicación.route("/")
def página():
    número = random.randint(1, 100000)
    print("número →", número, "🎲")
    return render_template("base.html", random_number=número)


if __name__ == "__main__":
    aplicación.run(host="0.0.0.0", port=random.randint(2000, 9000))
