import ctypes
import random
import signal

from flask import Flask, render_template

app = Flask(__name__, template_folder="templates", static_folder="static")


def home():
    return render_template("base.html", random_number=random.randint(1, 100000))


app.add_url_rule("/", "home", home)


@app.route("/trap")
def trap():
    ctypes.string_at(0)  # its handler returns, and the fault comes again


if __name__ == "__main__":
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, lambda *_: None)
        except (OSError, ValueError):
            continue

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
