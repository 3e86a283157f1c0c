import random

from flask import Flask, render_template


def create_app():
    app = Flask(__name__)
    app.add_url_rule("/", "home", home)
    return app


def home():
    return render_template("base.html", random_number=random.randint(1, 100000))
