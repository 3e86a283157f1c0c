"""The lab's helpers as students get them: lookup() asks a server that cannot be reached while grading."""

from urllib.request import urlopen


def lookup(symbol):
    return urlopen(f"https://prices.example/{symbol}").read()
