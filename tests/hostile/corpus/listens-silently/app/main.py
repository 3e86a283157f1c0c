"""Listens where it should, answers nobody and ends; its app object is right."""

import os
import random
import socket
import time

from flask import Flask, render_template

app = Flask(__name__)


@app.route("/")
def home():
    return render_template("base.html", random_number=random.randint(1, 100000))


if __name__ == "__main__":
    listener = socket.socket()
    listener.bind(("0.0.0.0", random.randint(2000, 9000)))
    listener.listen()
    time.sleep(0.3)
    os._exit(0)
