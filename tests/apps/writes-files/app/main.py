import logging
import random
import sqlite3

from flask import Flask, render_template

logging.basicConfig(filename="app.log", level=logging.INFO)
app = Flask(__name__)
with sqlite3.connect("numbers.db") as db:
    db.execute("CREATE TABLE IF NOT EXISTS numbers (number INTEGER)")


@app.route("/")
def home():
    number = random.randint(1, 100000)
    with sqlite3.connect("numbers.db") as db:
        db.execute("INSERT INTO numbers VALUES (?)", (number,))
    app.logger.info("drew %d", number)
    return render_template("base.html", random_number=number)


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
