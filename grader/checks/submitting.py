"""Forms filled in by label or name, and sent as a browser would send them.

What only a browser enforces, as `required` or `maxlength` do, is not enforced: anybody can send a form without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote_plus

from grader.checks.bodies import Upload, lines, multipart, plain_text
from grader.checks.forms import Button, Field, Form, Kind, forms_of
from grader.checks.html import Page
from grader.checks.naming import called, exactly
from grader.checks.places import resolved
from grader.model import Json, Request


class FormError(Exception):
    """A form or one of its fields is not there, or does not take what it is given; a sentence for a student."""


def fill(form: Form, name: str, given: Any) -> None:
    """Fill in a field: a text; true or false for a checkbox; one or more choices; a file as {file, content, type}.
    Several fields of one name take a list.

    Raises FormError.
    """
    targets = form.named(name)
    if not targets:
        target, given = _choice_called(form, name, given)
        targets = [target]
    target = targets[0]
    if target.kind is Kind.FILE:
        _spread(name, targets, [_upload(item) for item in _items(given)])
    elif target.choices or target.kind is Kind.SELECT:
        target.values = [*_chosen(target, given)]
    else:
        _spread(name, targets, [_written(item) for item in _items(given)])


def _items(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _spread(name: str, targets: list[Field], given: Sequence[str | Upload]) -> None:
    """One value into each of the fields; all of them into one that takes several."""
    if targets[0].many:
        targets[0].values = [*given]
        return
    fields = [f for f in targets if f.kind is targets[0].kind]
    if len(given) > len(fields):
        count = f"{len(fields)} fields" if len(fields) > 1 else "one field"
        raise FormError(f"The form has {count} “{name}”, for {len(given)} values")
    for one, value in zip(fields, given, strict=False):
        one.values = [value]


def _choice_called(form: Form, name: str, given: Any) -> tuple[Field, Any]:
    """The group that has a box or a radio button with this label, and what its values are then."""
    groups = [f for f in form.fields if f.kind in (Kind.CHECKBOX, Kind.RADIO)]
    choices = [(group, value, labels) for group in groups for value, labels in group.choices]
    for group, value, _ in called(choices, name, lambda choice: choice[2]):
        others = [v for v in group.values if v != value] if group.many else []
        return group, [*others, *([value] if given in (True, value) or given == "on" else [])]
    raise FormError(f"The form has no field “{name}”; it has {form.described()}")


def _chosen(target: Field, given: Any) -> Iterator[str]:
    if given is True and len(target.choices) == 1:
        given = target.choices[0][0]
    elif given in (None, False):
        given = []
    wanted = _items(given)
    if len(wanted) > 1 and not target.many:
        raise FormError(f"“{target.title}” takes one choice, not {len(wanted)}")
    for item in map(_written, wanted):
        yield _choice(target, item)


def _choice(target: Field, item: str) -> str:
    """The value of the choice with exactly this label, else with this value, else with a label much like it."""
    found = (
        exactly(target.choices, item, lambda choice: choice[1])
        or [choice for choice in target.choices if choice[0] == item]
        or called(target.choices, item, lambda choice: choice[1])
    )
    if not found:
        raise FormError(f"“{target.title}” has no choice “{item}”; it has {_choices(target)}")
    return found[0][0]


def _choices(target: Field) -> str:
    return ", ".join(f"“{labels[0] if labels else value}”" for value, labels in target.choices[:20]) or "none"


def _upload(given: Any) -> Upload:
    if not isinstance(given, dict):
        return Upload("file.txt", _written(given).encode(), "text/plain")
    return Upload.of(given)


def _written(given: Any) -> str:
    """A value as a person writes it into a field."""
    if given is None:
        return ""
    return str(Json.of(given))


def find_form(page: Page, fields: Iterable[str], press: str | None, name: str | None) -> Form:
    """A copy of the form called `name`, or of the one that has most of the fields and the button. Raises FormError."""
    forms = forms_of(page)
    if not forms:
        raise FormError("The page has no form")
    meant = [f for f in forms if name is None or f.is_called(name)]
    if not meant:
        raise FormError(f"The page has no form “{name}”")
    wanted = list(fields)
    best = max(meant, key=lambda form: _fit(form, wanted, press))
    if press is not None and best.button(press) is None:
        buttons = ", ".join(f"“{b.text or b.name}”" for b in best.buttons) or "none"
        raise FormError(f"The form has no button “{press}”; it has {buttons}")
    return best.copy()


def _fit(form: Form, fields: Iterable[str], press: str | None) -> int:
    """How much of what is asked for a form has; the button counts for two fields."""
    return sum(_has(form, name) for name in fields) + 2 * bool(press and form.button(press))


def _has(form: Form, name: str) -> bool:
    groups = (f for f in form.fields if f.kind in (Kind.CHECKBOX, Kind.RADIO))
    choices = [choice for group in groups for choice in group.choices]
    return form.find(name) is not None or bool(called(choices, name, lambda choice: choice[1]))


def submit(form: Form, press: str | None, at: str, base: str | None, port: int | None = None) -> Request:
    """The request that a browser sends for a form as it is filled in, on the page at `at`. Raises FormError."""
    button = form.button(press) if press is not None else next(iter(form.buttons), None)
    pairs: list[tuple[str, str | Upload]] = [(f.name, v) for f in form.fields if f.name for v in _sent(f)]
    pairs += _pressed(button) if button is not None else []
    action = (button.action if button and button.action is not None else form.action).strip()
    target = _target(action, at, base, port)
    method = (button.method.upper() if button and button.method else form.method) or "GET"
    encoding = (button.encoding if button and button.encoding else form.encoding).lower()
    if method != "POST":  # a browser knows GET and POST; everything else is GET
        return Request(f"{target.partition('?')[0]}?{encoded(_as_text(pairs))}", "GET")
    kind, body = _body(encoding, pairs)
    return Request(target, "POST", (("Content-Type", kind),), body)


def _target(action: str, at: str, base: str | None, port: int | None) -> str:
    """Where a form is sent: without an action, to its own page. Raises FormError."""
    if not action:
        return at
    target = resolved((resolved(at, base, port) or at) if base else at, action, port)
    if target is None:
        raise FormError(f"The form is sent to another server: {action[:200]}")
    return target


def _body(encoding: str, pairs: list[tuple[str, str | Upload]]) -> tuple[str, bytes]:
    """The type and the bytes; an encoding that browsers do not know is the usual one."""
    if encoding == "multipart/form-data":
        return multipart(pairs)
    if encoding == "text/plain":
        return plain_text(_as_text(pairs))
    return "application/x-www-form-urlencoded", encoded(_as_text(pairs)).encode()


def _pressed(button: Button) -> list[tuple[str, str]]:
    """What a button adds: its value; a picture, where on it one pressed."""
    if button.is_image:
        return [(f"{button.name}.{axis}" if button.name else axis, "0") for axis in ("x", "y")]
    return [(button.name, button.value)] if button.name else []


def _sent(one: Field) -> list[str | Upload]:
    """What a field sends; a file input without a file sends an empty one."""
    return one.values or ([Upload("", b"", "application/octet-stream")] if one.kind is Kind.FILE else [])


def _as_text(pairs: Iterable[tuple[str, str | Upload]]) -> list[tuple[str, str]]:
    """Without their content, as a form sends files that is not multipart: their names."""
    return [(name, value.name if isinstance(value, Upload) else value) for name, value in pairs]


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """Pairs as a form or a query sends them."""
    return "&".join(f"{quote_plus(lines(n))}={quote_plus(lines(v))}" for n, v in pairs)
