import os
import sqlite3

from flask import Flask, redirect, render_template, request, session
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
app.secret_key = os.urandom(16)


def database():
    connection = sqlite3.connect("users.db")
    connection.execute("CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, hash TEXT)")
    return connection


@app.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "GET":
        return render_template("register.html")
    name = request.form["username"].strip()
    password = request.form["password"]
    if not name or not password or password != request.form["confirmation"]:
        return render_template("register.html", problem="Fill in every field."), 400
    try:
        with database() as connection:
            connection.execute("INSERT INTO users VALUES (?, ?)", (name, generate_password_hash(password)))
    except sqlite3.IntegrityError:
        return render_template("register.html", problem="This name is taken."), 400
    return redirect("/login")


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return render_template("login.html")
    row = database().execute("SELECT hash FROM users WHERE name = ?", (request.form["username"],)).fetchone()
    if row is None or not check_password_hash(row[0], request.form["password"]):
        return render_template("login.html", problem="Name or password is wrong."), 403
    session["user"] = request.form["username"]
    return redirect("/account")


@app.route("/account")
def account():
    if "user" not in session:
        return redirect("/login")
    return render_template("account.html")


@app.route("/logout")
def logout():
    session.clear()
    return redirect("/login")


if __name__ == "__main__":
    app.run(port=5000)
