import random

from flask import render_template
from lab import app


@app.route("/leak")
def leak():
    return render_template("leak.html")


@app.route("/peer")
def peer():
    return app.send_static_file("peer.txt")


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
