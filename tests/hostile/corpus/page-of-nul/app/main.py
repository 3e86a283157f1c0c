import random

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    return Response(b"<h1>\x00The\x00 number is \xff\xfe\xed\xa0\x80" + str(random.randint(1, 100000)).encode() + b"\x00</h1>\x00" * 3)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
