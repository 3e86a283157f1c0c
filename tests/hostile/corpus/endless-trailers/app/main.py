import random

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    page = render_template("base.html", random_number=random.randint(1, 100000)).encode()
    connection = request.environ["werkzeug.socket"]
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n" % (len(page), page))
    while True:
        connection.sendall(b"X-Trailer: x\r\n" * 100)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
