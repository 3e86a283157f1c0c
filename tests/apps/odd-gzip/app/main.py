import gzip
import random
from flask import Flask, render_template, Response
app = Flask(__name__)
@app.route("/")
def home():
    return Response(gzip.compress(render_template("base.html", random_number=random.randint(1, 100000)).encode()), headers={"Content-Encoding":"gzip"}, mimetype="text/html")

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
