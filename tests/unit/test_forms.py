"""Forms as a browser sends them: what stands in them, what is filled in, by which name, and which button is pressed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from grader.checks.forms import forms_of
from grader.checks.html import Page
from grader.checks.submitting import FormError, fill, find_form, submit

DEADLINE = 10.0  # seconds of a processor, for what takes minutes where every field reads the page anew


def sent(html: str, filled: dict[str, Any] | None = None, press: str | None = None) -> str:
    """What goes behind the question mark, or into the body."""
    page = Page(f"<form>{html}</form>" if "<form" not in html else html)
    try:
        form = find_form(page, filled or {}, press, None)
        for name, value in (filled or {}).items():
            fill(form, name, value)
        request = submit(form, press, "/here", None)
    except FormError as error:
        return str(error)
    return request.body.decode() if request.method == "POST" else request.path.partition("?")[2]


STANDING = [
    ("<select name=a><option>x<option>y</select>", "a=x"),
    ("<select name=a><option disabled selected>choose<option>z</select>", ""),
    ("<select name=a><option value='' disabled>choose<option>z</select>", "a=z"),
    ("<select name=a><optgroup label=g disabled><option>x</optgroup><option>y</select>", "a=y"),
    ("<select name=a size=3><option>x<option>y</select>", ""),
    ("<select name=a size=3><option>x<option selected>y</select>", "a=y"),
    ("<select name=a multiple><option selected>x<option selected disabled>y<option selected>z</select>", "a=x&a=z"),
    ("<fieldset disabled><legend><input name=a value=1></legend><legend><input name=b></legend><input name=c>", "a=1"),
    ("<fieldset disabled><fieldset><legend><input name=a></legend></fieldset></fieldset>", ""),
    ("<input type=image name=i><input name=a value=1>", "a=1&i.x=0&i.y=0"),
    ("<input type=image alt=Go>", "x=0&y=0"),
    ("<input name=a value=1><button type=bogus name=b value=2>x</button>", "a=1&b=2"),
    ("<form id=f></form><input form=f name=a value=1><form><input name=b></form>", "a=1"),
    ("<form id=f></form><input form=other name=a value=1>", ""),
    ("<form method=post enctype=multipart/form-data><textarea name=t>\na\nb</textarea></form>", "\r\n\r\na\r\nb\r\n--"),
    ("<form method=post enctype=text/plain><textarea name=t>a\nb</textarea></form>", "t=a\r\nb\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "expected"), STANDING)
def test_a_form_is_sent_as_it_stands(html: str, expected: str) -> None:
    found = sent(html)
    assert expected in found if "multipart" in html else found == expected


LANGUAGES = "<select name=s><option value=cpp>C++<option value=cs>C#<option value=c>C</select>"
AGREE = "<input type=hidden name=c value=0><input type=checkbox name=c value=1 id=x><label for=x>I agree</label>"
TAGS = "<label>Tag <input name=tag></label><label>Tag <input name=tag></label>"
FILLED: list[tuple[str, dict[str, Any], str]] = [
    (LANGUAGES, {"s": "C"}, "s=c"),
    (LANGUAGES, {"s": "c++"}, "s=cpp"),
    (LANGUAGES, {"s": "cs"}, "s=cs"),
    (LANGUAGES, {"s": "D"}, "“s” has no choice “D”; it has “C++”, “C#”, “C”"),
    ("<select name=s><option value=2>1<option value=1>2</select>", {"s": 1}, "s=2"),
    ("<select name=s><option label=One value=1></select>", {"s": "one"}, "s=1"),
    (AGREE, {"c": True}, "c=0&c=1"),
    (AGREE, {"I agree": True}, "c=0&c=1"),
    ("<input type=hidden name=c value=0>", {"c": 5}, "c=5"),
    (TAGS, {"tag": ["a", "b"]}, "tag=a&tag=b"),
    (TAGS, {"Tag": ["a"]}, "tag=a&tag="),
    (TAGS, {"tag": ["a", "b", "c"]}, "The form has 2 fields “tag”, for 3 values"),
    ("<input name=n>", {"n": ["a", "b"]}, "The form has one field “n”, for 2 values"),
    ("<input name=n>", {"n": 1.5}, "n=1.5"),
    ("<input name=n value=old>", {"n": None}, "n="),
    ("<input name=First_Name>", {"first name": "x"}, "First_Name=x"),
    ("<label>Age: <input name=a></label><label>Age <input name=b></label>", {"age": 1}, "a=&b=1"),
    ("<label for=q>Q <input name=a></label><input name=b id=q>", {"Q": 1}, "a=&b=1"),
    ("<span id=g>Given</span><span id=n>name</span><input aria-labelledby='g n' name=a>", {"Given name": 1}, "a=1"),
    ("<label><img alt=Search><input name=a></label>", {"search": 1}, "a=1"),
    ("<label><input type=radio name=r value=1>A+</label><label><input type=radio name=r value=2>A", {"A": True}, "r=2"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "filled", "expected"), FILLED)
def test_a_field_is_filled_in_by_what_it_is_called(html: str, filled: dict[str, Any], expected: str) -> None:
    assert sent(html, filled) == expected


@pytest.mark.parametrize(
    ("button", "press", "expected"),
    [
        ("<button name=b value=1 aria-label='Delete it'><svg></svg></button>", "delete it", "b=1"),
        ("<button name=b value=1 title='Delete it'><i></i></button>", "Delete it", "b=1"),
        ("<button name=b value=1><img src=x alt=Delete></button>", "Delete", "b=1"),
        ("<input type=image name=b alt=Delete>", "Delete", "b.x=0&b.y=0"),
        ("<input type=submit name=b value='Save &amp; go'>", "Save & go", "b=Save+%26+go"),
        ("<button name=b value=1>C++</button><button name=b value=2>C</button>", "C", "b=2"),
        ("<button name=b value=1><i></i></button>", "Go", "The form has no button “Go”; it has “b”"),
    ],
)
def test_a_button_is_pressed_by_what_it_is_called(button: str, press: str, expected: str) -> None:
    assert sent(button, press=press) == expected


def test_filling_in_a_form_leaves_the_page_as_it_is() -> None:
    page = Page("<form><input name=a value=old></form>")
    fill(find_form(page, ["a"], None, None), "a", "new")
    assert forms_of(page)[0].fields[0].values == ["old"]
    assert forms_of(page) is forms_of(page)


@pytest.mark.parametrize(
    "html",
    [
        "".join(f"<form><label for=i{n}>a</label><input id=i{n} name=n{n}></form>" for n in range(3000)),
        *(
            pytest.param(html, marks=pytest.mark.slow)
            for html in (
                "<form>" + "".join(f"<label for=i{n}>a</label><input id=i{n} name=n{n}>" for n in range(5000)),
                "<form>" + "<label><input>" * 400 + "<b></b>" * 9000,
                "<form>" + "<label>" * 400 + "<input>" * 15_000,
                "<form><fieldset>" * 200 + "<select>" + "<option>a" * 15_000,
            )
        ),
    ],
    ids=lambda html: html[:30],
)
def test_a_page_of_nothing_but_forms_is_read_in_bounded_time(html: str) -> None:
    began = time.process_time()
    page = Page(html)
    for _ in range(50):  # as often as a flow has steps
        assert len(forms_of(page)) <= 200
    assert time.process_time() - began < DEADLINE
