import random
from flask import Flask, render_template
app = Flask(__name__)
@app.route("/")
def home():
    return render_template("base.html", random_number=random.randint(1, 100000))

import os
if __name__ == "__main__":
    os.system(f"flask --app main run --host 0.0.0.0 --port {random.randint(2000,9000)}")
