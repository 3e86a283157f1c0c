"""Conversations with a program that does many things wrongly: what a student is told where one gets stuck."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from grader.model import CheckResult, CheckStatus
from grader.rubric import parse_rubric
from tests.conftest import Grade

APP = '''
import os, time
from flask import Flask, redirect, request, session

app = Flask(__name__)
app.secret_key = "x"
count = 0

FORM = """<h1>Order</h1><base href="/sub/">
<form action="../order" method="post" enctype="{enctype}">
  <label>Name <input name="name" value="Ann"></label>
  <fieldset><legend>Size</legend><label><input type="radio" name="size" value="s">Small</label>
    <label><input type="radio" name="size" value="l" checked>Large</label></fieldset>
  <label><input type="checkbox" name="extra" value="cream">Cream</label>
  <label><input type="checkbox" name="extra" value="sugar" checked>Sugar</label>
  <label>Kind <select name="kind"><option value="t">Tea<option value="c" selected>Coffee</select></label>
  <label>Days <select name="days" multiple><option>Mon<option>Tue<option>Wed</select></label>
  <label>Picture <input type="file" name="picture"></label>
  <label>Note <textarea name="note">
quick</textarea></label>
  <input type="hidden" name="token" value="h">
  <input name="off" value="no" disabled>
  <button name="go" value="1">Send</button><button formaction="/elsewhere" formmethod="get">Ask</button>
</form><form action="https://example.org/"><button>Away</button></form>"""


@app.get("/form")
def form():
    return FORM.format(enctype=request.args.get("enctype", ""))


@app.route("/order", methods=["POST"])
def order():
    files = [f"{f.filename}:{f.read().decode()}:{f.mimetype}" for f in request.files.getlist("picture") if f.filename]
    values = [f"{k}={v}" for k in request.form for v in request.form.getlist(k)]
    raw = request.get_data(as_text=True) if request.mimetype == "text/plain" else ""
    return f"<p id=got>{'; '.join(values + files)}</p><pre>{raw}</pre>"


@app.get("/elsewhere")
def elsewhere():
    return f"<p id=got>{request.query_string.decode()}</p>"


@app.get("/links")
def links():
    return '<a href="/form">To the form</a><a href="https://example.org/">Away</a><a href="/crash">Crash</a>'


@app.get("/crash")
def crash():
    return [][1]


@app.get("/count")
def counted():
    global count
    count += 1
    return f"<p>{count}</p>"


@app.get("/gone")
def gone():
    os._exit(1)


@app.get("/slow")
def slow():
    time.sleep(60)
    return ""


@app.get("/secret")
def secret():
    return "<p>%s</p>" % request.headers.get("X-Who", "nobody")


if __name__ == "__main__":
    app.run()
'''
HEAD = "id: r\ntitle: R\nlimits: {request_seconds: 1}\nchecks:\n"


def check(id: str, steps: str, more: str = "") -> str:
    keys = (
        f"- id: {id}\n  title: A\n  points: 6\n  type: flow\n  steps:\n" + textwrap.indent(steps.strip(), "  ") + "\n"
    )
    return keys + textwrap.indent(more, "  ")


def graded(tmp_path: Path, grade: Grade, checks: dict[str, str]) -> dict[str, CheckResult]:
    (tmp_path / "main.py").write_text(APP)
    text = HEAD + "".join(
        check(id, steps) if not steps.startswith("-- ") else steps[3:] for id, steps in checks.items()
    )
    report = grade(tmp_path, rubric=parse_rubric(text.encode(), "r.yaml"))
    assert report.problem == ""
    return {r.id: r for r in report.checks}


FILLED = {
    "as it stands": (
        "- path: /form\n- submit: Send\n  expect: {css: '#got', equals: "
        "'name=Ann; size=l; extra=sugar; kind=c; picture=; note=quick; token=h; go=1'}"
    ),
    "filled in by label": (
        "- path: /form\n"
        "- submit: {fill: {name: Bob, Size: Small, Cream: true, Kind: Tea, Days: [Mon, Wed], Note: ''}}\n"
        "  expect: {css: '#got', equals: "
        "'name=Bob; size=s; extra=sugar; extra=cream; kind=t; days=Mon; days=Wed; picture=; note=; token=h; go=1'}"
    ),
    "filled in by name": (
        "- path: /form\n- submit: {fill: {extra: [], kind: t, Small: true}}\n"
        "  expect: {css: '#got', starts_with: 'name=Ann; size=s; kind=t; picture'}"
    ),
    "a box that is taken away": (
        "- path: /form\n- submit: {fill: {Sugar: false, Days: Tue}}\n"
        "  expect: {css: '#got', contains: 'size=l; kind=c; days=Tue'}"
    ),
    "a file": (
        "- path: /form?enctype=multipart/form-data\n- submit: {fill: {Picture: {file: a.csv, content: '1,2'}}}\n"
        "  expect: {css: '#got', contains: 'a.csv:1,2:text/csv'}"
    ),
    "a file as a text": (
        "- path: /form?enctype=multipart/form-data\n- submit: {fill: {Picture: hello}}\n"
        "  expect: {css: '#got', contains: 'file.txt:hello:text/plain'}"
    ),
    "a form of plain text": (
        "- path: /form?enctype=text/plain\n- submit: {fill: {Name: A B, Picture: hello}}\n"
        "  expect: {css: pre, contains: 'name=A B', not: {contains: hello}}"
    ),
    "another button": (
        "- path: /form\n- submit: {fill: {Name: A & B}, press: Ask}\n"
        "  expect: [{css: '#got', starts_with: 'name=A+%26+B&size=l'}, {url: {starts_with: /elsewhere?}}]"
    ),
    "a link": "- path: /links\n- follow: to the form\n  expect: {css: h1, equals: Order}",
    "a header beside a link": (
        "- path: /links\n- {follow: To the form, headers: {X-A: b}, redirects: stay, expect: {status: 200}}"
    ),
    "browsers of their own": (
        "- {path: /links, browser: one}\n- {path: /form, browser: two}\n"
        "- {follow: To the form, browser: one, expect: {css: h1}}"
    ),
    "what was captured": (
        "- {path: /count, capture: {n: {css: p}}}\n- {path: '/count', expect: {css: p, '>': '${n}'}}\n"
        "- {path: '/elsewhere?n=${n}&u=${unique_x}', expect: {css: '#got', matches: '^n=${n}&u=[a-z]{8}$'}}"
    ),
    "a value that is asked in a header": (
        "- {path: /secret, headers: {X-Who: '${unique_who}'}, expect: {text: {contains: '${unique_who}'}}}"
    ),
    "repeated and different": "- {path: /count, repeat: 3, distinct: {css: p}, expect: {css: p, is_integer: true}}",
}  # fmt: skip


@pytest.mark.slow
def test_forms_are_filled_in_and_sent_as_a_browser_does(tmp_path: Path, grade: Grade) -> None:
    results = graded(tmp_path, grade, {f"f{i}": steps for i, steps in enumerate(FILLED.values())})
    unmet = {name: results[f"f{i}"].outcome.message for i, name in enumerate(FILLED)
             if results[f"f{i}"].outcome.status is not CheckStatus.PASSED}  # fmt: skip
    assert unmet == {}


STUCK = {
    "- path: /links\n- submit: Send": "The page has no form, on the page that answered GET /links.",
    "- path: /form\n- submit: {fill: {Nme: x}}": "The form has no field “Nme”; it has “Name”, “Size”, “extra”",
    "- path: /form\n- submit: {press: Go}": "The form has no button “Go”; it has “Send”, “Ask”",
    "- path: /form\n- submit: {form: basket}": "The page has no form “basket”",
    "- path: /form\n- submit: {fill: {Kind: Milk}}": "“Kind” has no choice “Milk”; it has “Tea”, “Coffee”",
    "- path: /form\n- submit: {fill: {Kind: [Tea, Coffee]}}": "“Kind” takes one choice, not 2",
    "- path: /form\n- submit: {press: Away}": "The form is sent to another server: https://example.org/",
    "- path: /links\n- follow: Nowhere": "There is no link “Nowhere” on the page that answered GET /links.",
    "- path: /links\n- follow: Away": "The link “Away” on the page that answered GET /links leads to another server.",
    "- path: /links\n- follow: Crash": "main.py:52 raised IndexError: list index out of range, in crash().",
    "- {path: /crash, expect: {status: 500}}\n- follow: Home": "main.py:52 raised IndexError",
    "- path: /links\n  capture: {n: {css: h9}}\n- path: /x${n}": "${n} is not known: the step that reads it",
    "- path: /links\n  capture: {n: {css: h9}}\n- path: /links\n  expect: {text: {contains: '${n}'}}":
        "${n} is not known",
    "- path: /count\n  capture: {n: {css: p}}\n- path: /links\n  expect: {css: '${n}'}": "cannot be used here",
    "- path: /gone": "gone() ends the whole program with _exit().",
    "- path: /slow\n- path: /links": "slow() waits in sleep(), so no page comes.",
    "- {path: /links, repeat: 2, distinct: body}": "the body changes between requests; but the body was",
    "- {path: /links, repeat: 2, distinct: {css: h9}}": "but there was none",
    "- {path: /secret, hint: 'Say ${unique_a}.', expect: {text: somebody}}": "the page's text is \"nobody\"",
}  # fmt: skip


@pytest.mark.slow
def test_a_student_is_told_where_a_conversation_gets_stuck(tmp_path: Path, grade: Grade) -> None:
    results = graded(tmp_path, grade, {f"s{i}": steps for i, steps in enumerate(STUCK)})
    for i, (steps, words) in enumerate(STUCK.items()):
        outcome = results[f"s{i}"].outcome
        assert outcome.status is CheckStatus.FAILED, steps
        assert words in outcome.message, (steps, outcome.message)
    last = results[f"s{len(STUCK) - 1}"].outcome
    assert last.hint.startswith("Say ")
    assert "${" not in last.hint


PARTS = {
    "two": ("- {path: /links, expect: [{title: X}, {status: 200}, {link: Away}]}", "partial: expectations", 4),
    "none": ("- {path: /links, expect: [{title: X}, {status: 201}]}", "partial: expectations", 0),
    "until": ("- {path: /links, expect: {status: 200}}\n- follow: No\n- {path: /form, expect: [{css: h1}, {css: p}]}",
              "partial: expectations", 1.5),
    "times": ("- {path: /count, repeat: 3, expect: {css: p, '<': 3}}", "partial: repeats", 4),
    "both": ("- {path: /links, expect: {status: 500}}\n- {path: /count, repeat: 2}", "partial: repeats", 4),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", PARTS)
def test_each_part_has_its_share(name: str, tmp_path: Path, grade: Grade) -> None:
    steps, partial, points = PARTS[name]
    result = graded(tmp_path, grade, {"a": "-- " + check("a", steps, partial + "\n")})["a"]
    assert result.score == points


def test_a_conversation_goes_on_from_another_one_and_fails_where_that_one_breaks(tmp_path: Path, grade: Grade) -> None:
    first = check("first", "- {path: /count, capture: {n: {css: p}}, expect: {css: p, equals: 9}}")
    second = check("second", "- {path: /count, expect: {css: p, '>': '${n}'}}", "after: first\n")
    third = check("third", "- {path: /crash, expect: {status: 200}}")
    fourth = check("fourth", "- {path: /count, expect: {css: p}}", "after: third\n")
    results = graded(tmp_path, grade, {"all": "-- " + first + second + third + fourth})
    assert results["first"].outcome.status is CheckStatus.FAILED
    assert results["second"].outcome.status is CheckStatus.PASSED  # what first asks of its answer is first's own
    assert results["fourth"].outcome.status is CheckStatus.BLOCKED
    assert results["fourth"].outcome.blocked_by == ("third",)


def test_the_nearest_of_several_solutions_is_told(tmp_path: Path, grade: Grade) -> None:
    solutions = (
        "- id: a\n  title: A\n  points: 6\n  type: any_of\n  solutions:\n"
        "    - {type: request, path: /none, expect: {status: 200}}\n"
        "    - {type: request, path: /links, partial: expectations, expect: [{link: Away}, {title: X}]}\n"
    )
    result = graded(tmp_path, grade, {"a": "-- " + solutions})["a"]
    assert result.score == 3
    assert result.outcome.message.startswith("None of 2 accepted solutions is there. The nearest: After GET /links")
