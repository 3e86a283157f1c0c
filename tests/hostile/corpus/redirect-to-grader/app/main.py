import random

from aims import AIMS
from flask import Flask, Response, redirect, render_template, request

app = Flask(__name__, template_folder="templates", static_folder="static")


@app.route("/")
def home():
    there = random.choice([f"http://127.0.0.1:{AIMS['tcp']}/", f"http://localhost:{AIMS['tcp']}/", "file:///etc/passwd",
                           f"//127.0.0.1:{AIMS['tcp']}/x", f"http://[::1]:{AIMS.get('tcp6', 1)}/", "gopher://127.0.0.1:1/_x",
                           f"http://user:pass@127.0.0.1:{AIMS['tcp']}/", f"http:\\\\127.0.0.1:{AIMS['tcp']}/"])
    return redirect(there, random.choice([301, 302, 303, 307, 308]))

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
