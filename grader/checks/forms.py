"""The forms of a page as a browser sees them: what they send as they stand, and what a person calls their fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from grader.checks.bodies import Upload
from grader.checks.controls import Control, Controls, controls_of
from grader.checks.elements import attribute_of, names_of
from grader.checks.html import Page, text_in
from grader.checks.naming import called, exactly

if TYPE_CHECKING:
    from bs4 import Tag

_MOST = 200  # forms of a page, fields of a form
_MOST_OPTIONS = 2000


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
    """What sends a form. `names` is what a person may call it; `is_image`: it sends where it was pressed."""

    names: tuple[str, ...]
    name: str = ""
    value: str = ""
    is_image: bool = False
    action: str | None = None
    method: str | None = None
    encoding: str | None = None

    @property
    def text(self) -> str:
        """What a person calls it; empty where nothing on it can be read."""
        return self.names[0] if self.names else ""


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
        return self.find(name) is not None or bool(called(self.buttons, name, lambda b: b.names))

    def named(self, name: str) -> list[Field]:
        """The fields with exactly this label; else with this name, those that are shown before hidden ones; else with
        a label or a name of the same words. Of radio buttons, the group."""
        shown = [f for f in self.fields if f.kind is not Kind.HIDDEN]
        return (
            exactly(shown, name, lambda f: f.labels)
            or [f for f in shown if f.name == name]
            or [f for f in self.fields if f.name == name]
            or called(shown, name, lambda f: (*f.labels, f.name))
        )

    def find(self, name: str) -> Field | None:
        """The first of them."""
        return next(iter(self.named(name)), None)

    def button(self, text: str) -> Button | None:
        """The button that a person calls so, or that has this name."""
        found = called(self.buttons, text, lambda b: b.names) or [b for b in self.buttons if b.name == text]
        return next(iter(found), None)

    def copy(self) -> Form:
        """The same form, to be filled in."""
        return replace(self, fields=[replace(f, values=[*f.values]) for f in self.fields])

    def described(self) -> str:
        """Its fields, for a message."""
        shown = [f"“{f.title}”" for f in self.fields if f.kind is not Kind.HIDDEN]
        return ", ".join(shown) or "no field"


@lru_cache(maxsize=16)
def forms_of(page: Page) -> tuple[Form, ...]:
    """Every form of a page as it stands; one that is filled in is copied before."""
    controls = controls_of(page)
    forms = controls.forms[:_MOST]
    members: dict[int, list[Control]] = {id(tag): [] for tag in forms}
    for control in controls.all:
        found = members.get(id(controls.owner(control)))
        if found is not None and len(found) < _MOST and not control.disabled:
            found.append(control)
    return tuple(_form(controls, tag, members[id(tag)]) for tag in forms)


def _form(controls: Controls, tag: Tag, members: list[Control]) -> Form:
    action = attribute_of(tag, "action") or ""
    return Form(
        action,
        (attribute_of(tag, "method") or "get").strip().upper(),
        (attribute_of(tag, "enctype") or "").strip().lower(),
        tuple(n for n in (*(attribute_of(tag, name) for name in ("id", "name", "aria-label")), action) if n),
        list(_fields(controls, members)),
        [_button(c.tag) for c in members if _type(c.tag) in ("submit", "image")],
    )


def _type(control: Tag) -> str:
    if control.name not in ("input", "button"):
        return control.name
    given = (attribute_of(control, "type") or "").strip().lower()
    if control.name == "button":
        return given if given in ("button", "reset") else "submit"
    return given or "text"


def _button(control: Tag) -> Button:
    kind, value = _type(control), attribute_of(control, "value") or ""
    written = "" if control.name == "button" or kind == "image" else value or "Submit"
    names = (" ".join(name.split()) for name in (written, *names_of(control)))
    return Button(
        tuple(dict.fromkeys(name for name in names if name)),
        attribute_of(control, "name") or "",
        value,
        kind == "image",
        attribute_of(control, "formaction"),
        attribute_of(control, "formmethod"),
        attribute_of(control, "formenctype"),
    )


_KINDS = {"hidden": Kind.HIDDEN, "checkbox": Kind.CHECKBOX, "radio": Kind.RADIO, "file": Kind.FILE,
          "select": Kind.SELECT}  # fmt: skip


def _fields(controls: Controls, members: Iterable[Control]) -> Iterator[Field]:
    groups: dict[tuple[str, Kind], Field] = {}
    for control in members:
        kind, name = _type(control.tag), attribute_of(control.tag, "name") or ""
        if kind in ("submit", "image", "button", "reset"):
            continue
        if kind not in ("checkbox", "radio"):
            yield _single(controls, control, name, kind)
            continue
        group = groups.get((name, _KINDS[kind]))
        if group is None or not name:
            group = groups[name, _KINDS[kind]] = Field(name, _KINDS[kind], many=kind == "checkbox")
            yield group
        _add_choice(controls, control, group)


def _add_choice(controls: Controls, control: Control, group: Field) -> None:
    value, legend = attribute_of(control.tag, "value"), controls.legend(control)
    sent = "on" if value is None else value
    group.choices.append((sent, controls.names(control)))
    group.labels = (*group.labels, *([legend] if legend else []))
    if control.tag.has_attr("checked"):
        group.values = [*group.values, sent] if group.many else [sent]


def _single(controls: Controls, control: Control, name: str, kind: str) -> Field:
    made = Field(name, _KINDS.get(kind, Kind.TEXT), controls.names(control), input=kind)
    tag, made.many = control.tag, control.tag.has_attr("multiple")
    if made.kind is Kind.SELECT:
        _choose(made, tag)
    elif kind == "textarea":
        made.values = [tag.get_text().removeprefix("\n")]
    elif made.kind is not Kind.FILE:
        made.values = [attribute_of(tag, "value") or ""]
    return made


def _choose(made: Field, select: Tag) -> None:
    """What a select offers, and what is chosen as it stands: what says so, even if it cannot be sent; where nothing
    does, the first of a list that drops down."""
    options = select.find_all("option", limit=_MOST_OPTIONS)
    able = [o for o in options if not _is_disabled(o)]
    made.choices = [(_option_value(o), tuple(_option_names(o))) for o in able]
    chosen = [o for o in options if o.has_attr("selected")]
    if not made.many:
        size = attribute_of(select, "size") or "1"
        chosen = chosen[-1:] or (able[:1] if size.strip() in ("0", "1") else [])
    made.values = [_option_value(o) for o in chosen if not _is_disabled(o)]


def _is_disabled(option: Tag) -> bool:
    group = option.parent if option.parent is not None and option.parent.name == "optgroup" else None
    return option.has_attr("disabled") or (group is not None and group.has_attr("disabled"))


def _option_names(option: Tag) -> Iterator[str]:
    yield from (name for name in (attribute_of(option, "label") or "", " ".join(text_in(option).split())) if name)


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
