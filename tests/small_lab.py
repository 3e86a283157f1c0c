"""The least lab that a class can be graded by: a server that says hello."""

from __future__ import annotations

_RUBRIC = """
id: small
title: Small
version: "1"
limits: LIMITS
checks:
  - {id: starts, title: It starts, points: 4, type: starts}
  - {id: home, title: It says hello, points: 6, type: request, path: /, expect: [{body: {contains: hello}}]}
"""
SECRET = """\
  - {id: secret, title: The secret one, points: 1, visibility: hidden, type: request, path: /secret,
     expect: [{status: 200}]}
"""  # a check more
_APP = """
import flask
app = flask.Flask(__name__)
@app.route('/')
def home(): return 'WORDS'
if __name__ == '__main__':
    app.run(port=5000)
"""


def rubric(limits: str) -> str:
    """The rubric's text; `limits` as a mapping in YAML."""
    return _RUBRIC.replace("LIMITS", limits)


def app(words: str) -> str:
    """A work that says so."""
    return _APP.replace("WORDS", words)
