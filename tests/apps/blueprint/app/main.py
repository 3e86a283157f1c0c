from random import randint

from flask import Flask
from pages import pages

app = Flask(__name__, template_folder="templates", static_folder="static")
app.register_blueprint(pages)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=randint(2000, 9000))
