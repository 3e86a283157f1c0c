import random
import time

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    page = render_template("base.html", random_number=random.randint(1, 100000))

    def drip():
        for letter in page * 1000:
            time.sleep(0.1)
            yield letter

    return Response(drip())

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
