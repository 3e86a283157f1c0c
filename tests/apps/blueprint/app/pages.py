from random import randint

from flask import Blueprint, render_template

pages = Blueprint("pages", __name__)


@pages.route("/")
def home():
    return render_template("base.html", random_number=randint(1, 100000))
