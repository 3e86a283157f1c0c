"""What the lab gives to students, with prices that never change: the grader lays it over the student's own file."""

from functools import wraps

from flask import redirect, render_template, session

_PRICES = {"AAAA": ("Test A", 28.00), "BBBB": ("Test B", 14.00), "CCCC": ("Test C", 2000.00)}


def apology(message, code=400):
    """A page that says what went wrong, with a status of 400 or more."""
    return render_template("apology.html", top=code, bottom=message), code


def login_required(view):
    """Lead whoever is not logged in to /login."""

    @wraps(view)
    def guarded(*args, **kwargs):
        if session.get("user_id") is None:
            return redirect("/login")
        return view(*args, **kwargs)

    return guarded


def lookup(symbol):
    """Name, price and symbol of a share; None for one that does not exist."""
    found = _PRICES.get((symbol or "").strip().upper())
    return {"name": found[0], "price": found[1], "symbol": symbol.strip().upper()} if found else None


def usd(value):
    """A number as an amount of dollars."""
    return f"${value:,.2f}"
