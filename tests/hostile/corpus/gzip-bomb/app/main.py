import random
import gzip

from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    return Response(gzip.compress(bytes(8 << 20)) * 300, headers={"Content-Encoding": "gzip", "Content-Type": "text/html"})

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
