"""The controls of a page's forms, each with what it belongs to and what labels it: found in one pass over the page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from grader.checks.elements import attribute_of
from grader.checks.html import Page, text_in

if TYPE_CHECKING:
    from bs4 import Tag

_MOST = 4000  # controls of a page
_LONG = 1000  # characters of a label
_CONTROLS = frozenset(("input", "select", "textarea", "button"))
_LABELLED = frozenset((*_CONTROLS, "meter", "output", "progress"))
_WITH_TEXT = ("select", "textarea", "button")  # whose own text is none of their label's


class Surroundings(NamedTuple):
    """What stands around an element: the innermost of each, and whether a fieldset disables it."""

    form: Tag | None = None
    label: Tag | None = None
    fieldset: Tag | None = None
    disabled: bool = False


class Control(NamedTuple):
    """An input, a select, a textarea or a button."""

    tag: Tag
    around: Surroundings

    @property
    def disabled(self) -> bool:
        """Whether it takes no part in its form."""
        return self.tag.has_attr("disabled") or self.around.disabled


class Controls:
    """All controls of a page, and its labels by the id that they are for."""

    def __init__(self, page: Page) -> None:
        self.all: list[Control] = []
        self.forms: list[Tag] = []
        self._with_id: dict[str, Tag] = {}
        self._labels_for: dict[str, list[Tag]] = {}
        self._first_in: dict[int, Tag] = {}  # by label: the first thing in it that a label can label
        self._label_texts: dict[int, str] = {}
        self._pictures: dict[int, str] = {}  # by label: what the first picture in it shows
        for tag, around in _walk(page.root):
            self._add(tag, around)

    def _add(self, tag: Tag, around: Surroundings) -> None:
        own, target = attribute_of(tag, "id"), attribute_of(tag, "for")
        if own:
            self._with_id.setdefault(own, tag)
        if tag.name == "form":
            self.forms.append(tag)
        elif tag.name == "label" and target is not None:
            self._labels_for.setdefault(target, []).append(tag)
        if tag.name == "img" and around.label is not None:
            self._pictures.setdefault(id(around.label), attribute_of(tag, "alt") or "")
        if tag.name in _LABELLED and around.label is not None and attribute_of(tag, "type") != "hidden":
            self._first_in.setdefault(id(around.label), tag)
        if tag.name in _CONTROLS and len(self.all) < _MOST:
            self.all.append(Control(tag, around))

    def owner(self, control: Control) -> Tag | None:
        """The form that a control belongs to."""
        named = attribute_of(control.tag, "form")
        if named is None:
            return control.around.form
        form = self._with_id.get(named)
        return form if form is not None and form.name == "form" else None

    def names(self, control: Control) -> tuple[str, ...]:
        """All that a person may call it: labels first, then what stands in the field or is read aloud."""
        around = control.around.label
        inside = [around] if around is not None and attribute_of(around, "for") in (None, self._id(control)) else []
        texts = [self._text(tag) for tag in (*self._labels_for.get(self._id(control), ()), *inside)]
        texts += self._described(control)
        texts += [attribute_of(control.tag, name) or "" for name in ("aria-label", "placeholder", "title", "id")]
        return tuple(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))

    def is_labelled(self, control: Control) -> bool:
        """Whether HTML gives it a label that can be read, or it says itself what it is."""
        around, own = control.around.label, self._id(control)
        labels = [*self._labels_for.get(own, ())] if self._with_id.get(own) is control.tag else []
        if around is not None and not around.has_attr("for") and self._first_in.get(id(around)) is control.tag:
            labels.append(around)
        said = [attribute_of(control.tag, name) or "" for name in ("aria-label", "title")]
        return any(text.strip() for text in (*said, *map(self._text, labels), " ".join(self._described(control))))

    def legend(self, control: Control) -> str:
        """What the innermost group around it is called."""
        legend = control.around.fieldset.find("legend") if control.around.fieldset is not None else None
        return text_in(legend, _LONG).strip() if legend is not None else ""

    def _id(self, control: Control) -> str:
        return attribute_of(control.tag, "id") or ""

    def _described(self, control: Control) -> list[str]:
        named = (attribute_of(control.tag, "aria-labelledby") or "").split()[:5]
        text = " ".join(self._text(self._with_id[one]) for one in named if one in self._with_id)
        return [text] if text.strip() else []

    def _text(self, label: Tag) -> str:
        """What a label reads, without the text of the fields in it; a picture by its alternative text."""
        if id(label) not in self._label_texts:
            self._label_texts[id(label)] = f"{text_in(label, _LONG, _WITH_TEXT)} {self._pictures.get(id(label), '')}"
        return self._label_texts[id(label)]


@lru_cache(maxsize=16)
def controls_of(page: Page) -> Controls:
    """The controls of a page, found once."""
    return Controls(page)


def _walk(root: Tag) -> Iterator[tuple[Tag, Surroundings]]:
    """Every element in the order of the page, with what stands around it."""
    from bs4 import Tag

    stack = [(root, Surroundings())]
    while stack:
        tag, around = stack.pop()
        yield tag, around
        inner = _inside(tag, around)
        children = [child for child in tag.contents if isinstance(child, Tag)]
        legend = next((c for c in children if c.name == "legend"), None) if tag.name == "fieldset" else None
        # What stands in the first legend of a fieldset is not disabled with it.
        free = inner._replace(disabled=around.disabled)
        stack.extend((child, free if child is legend else inner) for child in reversed(children))


def _inside(tag: Tag, around: Surroundings) -> Surroundings:
    if tag.name == "form":
        return around._replace(form=tag)
    if tag.name == "label":
        return around._replace(label=tag)
    if tag.name == "fieldset":
        return around._replace(fieldset=tag, disabled=around.disabled or tag.has_attr("disabled"))
    return around
