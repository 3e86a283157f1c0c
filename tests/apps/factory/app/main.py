import random

from flask import Flask, render_template


def create_app():
    app = Flask(__name__)

    @app.get("/")
    def home():
        return render_template("base.html", random_number=random.randint(1, 100000))

    return app


if __name__ == "__main__":
    create_app().run("0.0.0.0", random.randint(2000, 9000))
