import random

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    page = render_template("base.html", random_number=random.randint(1, 100000))
    return Response(page, headers={"Content-Type": "text/html; charset=" + random.choice(["zip", "bz2", "hex", "rot13", "unicode_escape", "\x00", "x" * 5000])})

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
