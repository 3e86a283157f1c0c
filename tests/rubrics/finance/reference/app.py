import sqlite3

from flask import Flask, redirect, render_template, request, session
from helpers import apology, login_required, lookup, usd
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
app.secret_key = "play money"
app.jinja_env.filters["usd"] = usd


def run(query, *values):
    with sqlite3.connect("finance.db") as connection:
        connection.row_factory = sqlite3.Row
        connection.executescript(
            """
            CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, hash TEXT, cash REAL DEFAULT 10000);
            CREATE TABLE IF NOT EXISTS trades (user INTEGER, symbol TEXT, shares INTEGER, price REAL,
                                               at TEXT DEFAULT CURRENT_TIMESTAMP);
            """
        )
        return connection.execute(query, values).fetchall()


def owned():
    return run(
        "SELECT symbol, SUM(shares) AS shares FROM trades WHERE user = ? GROUP BY symbol HAVING SUM(shares) > 0",
        session["user_id"],
    )


def cash():
    return run("SELECT cash FROM users WHERE id = ?", session["user_id"])[0]["cash"]


def trade(symbol, shares, price):
    run(
        "INSERT INTO trades (user, symbol, shares, price) VALUES (?, ?, ?, ?)",
        session["user_id"],
        symbol,
        shares,
        price,
    )
    run("UPDATE users SET cash = cash - ? WHERE id = ?", shares * price, session["user_id"])


def whole(text):
    return int(text) if text and text.isdecimal() and int(text) > 0 else None


@app.route("/")
@login_required
def index():
    rows = [{**dict(r), **lookup(r["symbol"])} for r in owned()]
    total = cash() + sum(r["shares"] * r["price"] for r in rows)
    return render_template("index.html", rows=rows, cash=cash(), total=total)


@app.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "GET":
        return render_template("register.html")
    name, password = request.form.get("username"), request.form.get("password")
    if not name or not password or password != request.form.get("confirmation"):
        return apology("fill in every field")
    try:
        run("INSERT INTO users (name, hash) VALUES (?, ?)", name, generate_password_hash(password))
    except sqlite3.IntegrityError:
        return apology("this name is taken")
    return redirect("/login")


@app.route("/login", methods=["GET", "POST"])
def login():
    session.clear()
    if request.method == "GET":
        return render_template("login.html")
    rows = run("SELECT * FROM users WHERE name = ?", request.form.get("username"))
    if not rows or not check_password_hash(rows[0]["hash"], request.form.get("password") or ""):
        return apology("name or password is wrong", 403)
    session["user_id"] = rows[0]["id"]
    return redirect("/")


@app.route("/quote", methods=["GET", "POST"])
@login_required
def quote():
    if request.method == "GET":
        return render_template("quote.html")
    found = lookup(request.form.get("symbol"))
    if found is None:
        return apology("there is no such share")
    return render_template("quote.html", found=found)


@app.route("/buy", methods=["GET", "POST"])
@login_required
def buy():
    if request.method == "GET":
        return render_template("buy.html")
    found, shares = lookup(request.form.get("symbol")), whole(request.form.get("shares"))
    if found is None or shares is None:
        return apology("choose a share, and how many")
    if shares * found["price"] > cash():
        return apology("this is more than you have")
    trade(found["symbol"], shares, found["price"])
    return redirect("/")


@app.route("/sell", methods=["GET", "POST"])
@login_required
def sell():
    if request.method == "GET":
        return render_template("sell.html", rows=owned())
    found, shares = lookup(request.form.get("symbol")), whole(request.form.get("shares"))
    have = {r["symbol"]: r["shares"] for r in owned()}
    if found is None or shares is None or shares > have.get(found["symbol"], 0):
        return apology("you do not have so many")
    trade(found["symbol"], -shares, found["price"])
    return redirect("/")


@app.route("/history")
@login_required
def history():
    return render_template("history.html", rows=run("SELECT * FROM trades WHERE user = ?", session["user_id"]))


if __name__ == "__main__":
    app.run(port=5000)
