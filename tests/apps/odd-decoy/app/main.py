import socket, threading
import random
from flask import Flask, render_template
app = Flask(__name__)
@app.route("/")
def home():
    return render_template("base.html", random_number=random.randint(1, 100000))

if __name__ == "__main__":
    d = socket.socket(); d.bind(("0.0.0.0", 2222)); d.listen()
    app.run(host="127.0.0.1", port=5000)
