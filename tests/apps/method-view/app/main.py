import random

from flask import Flask, render_template
from flask.views import MethodView

app = Flask(__name__)


class Home(MethodView):
    def get(self):
        return render_template("base.html", random_number=random.randint(1, 100000))


app.add_url_rule("/", view_func=Home.as_view("home"))

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
