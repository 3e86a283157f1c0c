"""The shop of docs/rubric.md: every example there is right for it."""

import csv
import io
import random
import secrets
from datetime import date

from flask import Flask, abort, jsonify, make_response, redirect, render_template, request, session
from prices import price_of

app = Flask(__name__)
app.secret_key = secrets.token_hex()
users = {}
orders = []
PRODUCTS = ["Apples", "Bread", "Cheese"]


@app.route("/")
def home():
    return render_template("home.html", products=PRODUCTS, today=date.today(), lucky_number=random.randint(1, 6))


@app.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "GET":
        return render_template("register.html")
    name = request.form.get("name", "").strip()
    if not name or name in users:
        return render_template("register.html", problem="Choose another name."), 400
    users[name] = request.form["password"]
    session["user"] = name
    answer = make_response(redirect("/account"))
    answer.set_cookie("theme", request.form.get("theme", "light"), max_age=3600, httponly=True, samesite="Lax")
    return answer


@app.route("/account")
def account():
    if "user" not in session:
        return redirect("/register")
    mine = [o for o in orders if o["user"] == session["user"]]
    return render_template("account.html", user=session["user"], orders=mine)


@app.route("/logout")
def logout():
    session.clear()
    return redirect("/")


@app.route("/buy", methods=["POST"])
def buy():
    if "user" not in session:
        abort(403)
    quantity = request.form.get("quantity", "")
    if not quantity.isdecimal() or request.form.get("item") not in PRODUCTS:
        abort(400)
    item = request.form["item"]
    print(f"{session['user']} buys {quantity} {item}")
    orders.append({"user": session["user"], "item": item, "quantity": int(quantity), "price": price_of(item)})
    return redirect("/account", 303)


@app.route("/import", methods=["POST"])
def import_():
    rows = list(csv.reader(io.TextIOWrapper(request.files["table"], "utf-8")))
    return f"<p>{len(rows)} rows, sent by {request.form['sender']}</p>"


@app.route("/api/orders", methods=["GET", "POST"])
def api_orders():
    if request.method == "POST":
        order = {"id": len(orders) + 1, **request.get_json()}
        orders.append(order)
        return jsonify(order), 201
    answer = jsonify({"count": len(orders), "orders": orders})
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@app.route("/api/orders/<int:number>", methods=["GET", "DELETE"])
def api_order(number):
    order = next((o for o in orders if o.get("id") == number), None)
    if order is None:
        return jsonify({"error": "there is no such order"}), 404
    if request.method == "DELETE":
        orders.remove(order)
        return "", 204
    return jsonify(order)


@app.route("/search")
def search():
    word = request.args.get("word", "")
    found = [p for p in PRODUCTS if word.lower() in p.lower()]
    return render_template("search.html", found=found, word=word, agent=request.headers.get("X-Shop", ""))


@app.route("/visits")
def visits():
    count = int(request.cookies.get("visits", "0")) + 1
    answer = make_response(f"<p>Visit {count}</p>")
    answer.set_cookie("visits", str(count))
    return answer


@app.route("/echo", methods=["PUT"])
def echo():
    return request.get_data(), 200, {"Content-Type": "text/plain"}


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
