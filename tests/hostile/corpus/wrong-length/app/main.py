import random

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    page = render_template("base.html", random_number=random.randint(1, 100000)).encode()
    connection = request.environ["werkzeug.socket"]
    length = random.choice([b"Content-Length: 999999", b"Content-Length: 1e9", b"Content-Length: -1", b"Content-Length: 5\r\nContent-Length: 50",
                            b"Content-Length: " + b"9" * 5000, b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff"])
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n" + page)
    connection.close()
    return ""

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
