import random

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    answer = Response(render_template("base.html", random_number=random.randint(1, 100000)))
    for number in range(90):
        answer.headers.add("Set-Cookie", f"c{number}=" + "x" * 500 + "; Path=/" + ("; Domain=localhost" if number % 3 else ""))
    return answer

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
