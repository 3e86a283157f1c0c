"""The forms of a page as a browser sees them: what they send as they stand, and what a person calls their fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from grader.checks.bodies import Upload
from grader.checks.elements import attribute_of
from grader.checks.html import Page, text_in
from grader.checks.naming import same_words

if TYPE_CHECKING:
    from bs4 import Tag

_MOST = 200  # forms of a page, fields of a form
_BUTTONS = ("submit", "image", "button", "reset")
_WITH_TEXT = ("select", "textarea", "button")


class Kind(Enum):
    """How a field is filled in."""

    TEXT = "text"
    HIDDEN = "hidden"
    CHECKBOX = "checkbox"
    RADIO = "radio"
    SELECT = "select"
    FILE = "file"


@dataclass(slots=True)
class Field:
    """What a form sends under one name. `choices` are the values that may be chosen, each with what a person reads;
    `values` what is sent as things stand."""

    name: str
    kind: Kind
    labels: tuple[str, ...] = ()
    values: list[str | Upload] = field(default_factory=list)
    choices: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    many: bool = False
    input: str = ""  # the type of an <input>

    @property
    def title(self) -> str:
        """What a person calls it."""
        alone = self.choices[0][1] if len(self.choices) == 1 and self.kind is not Kind.SELECT else ()
        return next((label for label in (*self.labels, *alone) if label.strip()), self.name)


@dataclass(slots=True)
class Button:
    """What sends a form."""

    text: str
    name: str = ""
    value: str = ""
    action: str | None = None
    method: str | None = None
    encoding: str | None = None


@dataclass(slots=True)
class Form:
    """One form of a page."""

    action: str
    method: str
    encoding: str
    names: tuple[str, ...]
    fields: list[Field]
    buttons: list[Button]

    def is_called(self, name: str) -> bool:
        """Whether a person or a rubric may speak of it by this name: one of a field, a button, its address or id."""
        if name in self.names:
            return True
        return self.find(name) is not None or any(same_words(name, b.text) for b in self.buttons)

    def find(self, name: str) -> Field | None:
        """The field with this label, else with this name; of radio buttons, the group."""
        shown = [f for f in self.fields if f.kind is not Kind.HIDDEN]
        labelled = next((f for f in shown if any(same_words(name, label) for label in f.labels)), None)
        return labelled or next((f for f in self.fields if f.name == name), None)

    def button(self, text: str) -> Button | None:
        """The button that reads this text."""
        return next((b for b in self.buttons if same_words(b.text, text) or b.name == text), None)

    def described(self) -> str:
        """Its fields, for a message."""
        shown = [f"“{f.title}”" for f in self.fields if f.kind is not Kind.HIDDEN]
        return ", ".join(shown) or "no field"


def forms_of(page: Page) -> list[Form]:
    """Every form of a page."""
    return [_form(page, tag) for tag in page.root.find_all("form", limit=_MOST)]


def _form(page: Page, tag: Tag) -> Form:
    id = attribute_of(tag, "id") or ""
    controls = [c for c in page.root.find_all(("input", "select", "textarea", "button"), limit=_MOST * 10)
                if _owner(c, tag, id) and not _disabled(c)][:_MOST]  # fmt: skip
    action = attribute_of(tag, "action") or ""
    return Form(
        action,
        (attribute_of(tag, "method") or "get").strip().upper(),
        (attribute_of(tag, "enctype") or "").strip().lower(),
        tuple(n for n in (id, attribute_of(tag, "name"), action, attribute_of(tag, "aria-label")) if n),
        _fields(page, controls),
        [_button(c) for c in controls if _is_button(c)],
    )


def _owner(control: Tag, form: Tag, id: str) -> bool:
    named = attribute_of(control, "form")
    return bool(id) and named == id if named is not None else control.find_parent("form") is form


def _disabled(control: Tag) -> bool:
    return control.has_attr("disabled") or any(f.has_attr("disabled") for f in control.find_parents("fieldset"))


def _type(control: Tag) -> str:
    if control.name == "button":
        return (attribute_of(control, "type") or "submit").strip().lower()
    return (attribute_of(control, "type") or "text").strip().lower() if control.name == "input" else control.name


def _is_button(control: Tag) -> bool:
    return _type(control) in ("submit", "image")


def _button(control: Tag) -> Button:
    value = attribute_of(control, "value") or ""
    shown = text_in(control) if control.name == "button" else value or attribute_of(control, "alt") or "Submit"
    return Button(
        shown,
        attribute_of(control, "name") or "",
        value,
        attribute_of(control, "formaction"),
        attribute_of(control, "formmethod"),
        attribute_of(control, "formenctype"),
    )


def _fields(page: Page, controls: Iterable[Tag]) -> list[Field]:
    found: list[Field] = []
    groups: dict[tuple[str, Kind], Field] = {}
    for control in controls:
        kind, name = _kind(control), attribute_of(control, "name") or ""
        if kind is None:
            continue
        if kind in (Kind.CHECKBOX, Kind.RADIO):
            group = groups.get((name, kind))
            if group is None or not name:
                group = groups[name, kind] = Field(name, kind, many=kind is Kind.CHECKBOX)
                found.append(group)
            _add_choice(page, control, group)
        else:
            found.append(_single(page, control, name, kind))
    return found


def _kind(control: Tag) -> Kind | None:
    kind = _type(control)
    if kind in _BUTTONS:
        return None
    known = {"hidden": Kind.HIDDEN, "checkbox": Kind.CHECKBOX, "radio": Kind.RADIO, "file": Kind.FILE,
             "select": Kind.SELECT}  # fmt: skip
    return known.get(kind, Kind.TEXT)


def _add_choice(page: Page, control: Tag, group: Field) -> None:
    value = attribute_of(control, "value")
    sent = "on" if value is None else value
    labels = _labels(page, control)
    group.choices.append((sent, labels))
    legend = control.find_parent("fieldset")
    heading = legend.find("legend") if legend else None
    group.labels = (*group.labels, *([text_in(heading).strip()] if heading else []))
    if control.has_attr("checked"):
        group.values = [*group.values, sent] if group.many else [sent]


def _single(page: Page, control: Tag, name: str, kind: Kind) -> Field:
    made = Field(name, kind, _labels(page, control), input=_type(control))
    if kind is Kind.SELECT:
        made.many = control.has_attr("multiple")
        options = [o for o in control.find_all("option", limit=_MOST * 10) if not o.has_attr("disabled")]
        made.choices = [(_option_value(o), (" ".join(text_in(o).split()),)) for o in options]
        chosen = [_option_value(o) for o in options if o.has_attr("selected")]
        made.values = [*chosen] if made.many else [*(chosen[-1:] or [v for v, _ in made.choices[:1]])]
    elif kind is not Kind.FILE:
        written = control.get_text() if control.name == "textarea" else attribute_of(control, "value") or ""
        made.values = [written.removeprefix("\n") if control.name == "textarea" else written]
    return made


def _option_value(option: Tag) -> str:
    value = attribute_of(option, "value")
    return " ".join(text_in(option).split()) if value is None else value


def names_of_fields(page: Page, name: str) -> Iterator[str]:
    """The fields of every form that has a field, a button, an address or an id called `name`: each by its name and by
    its label."""
    for form in forms_of(page):
        if form.is_called(name):
            for one in form.fields:
                yield from dict.fromkeys(n for n in (one.name, *one.labels) if n)


def _label_text(label: Tag) -> str:
    """What a label reads, without the text of the fields that stand in it."""
    if label.find(_WITH_TEXT) is None:
        return text_in(label)
    alone = copy(label)
    for control in alone.find_all(_WITH_TEXT):
        control.extract()
    return text_in(alone)


def _labels(page: Page, control: Tag) -> tuple[str, ...]:
    """All that a person may call it: labels first, then what stands in the field or is read aloud."""
    id = attribute_of(control, "id")
    tags = [t for t in page.root.find_all("label", limit=_MOST * 2) if id and attribute_of(t, "for") == id]
    around = control.find_parent("label")
    texts = [_label_text(tag) for tag in ([*tags, around] if around is not None else tags)]
    labelled_by = (attribute_of(control, "aria-labelledby") or "").split()
    texts += [text_in(tag) for tag in page.root.find_all(id=labelled_by or ["\0"], limit=5)]
    texts += [attribute_of(control, name) or "" for name in ("aria-label", "placeholder", "title", "id")]
    return tuple(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
