import random

from flask import Flask

app = Flask(__name__, template_folder="templates", static_folder="static")

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
