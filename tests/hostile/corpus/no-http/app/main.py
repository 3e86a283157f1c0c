import random

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    connection = request.environ["werkzeug.socket"]
    connection.sendall(random.choice([b"\x16\x03\x01\x02\x00", b"HTTP/9.9 abc OK\r\n\r\n", b"<h1>The number is 7</h1>\n", b"\0" * 1000, b"HTTP/1.1 \xff\xff\r\n\r\n"]))
    connection.close()
    return ""

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
