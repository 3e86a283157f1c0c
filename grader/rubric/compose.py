"""YAML text → a tree of nodes that know their line and column.

A small, safe part of YAML 1.2: mappings, lists, scalars. No anchors, aliases, merge keys, tags, or second document;
`no`, `on` and `yes` are words. Built from parser events without recursion, within limits on size and depth, so that no
file can exhaust the grader.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from grader.rubric.faults import Faults, Place, shown

MOST_BYTES = 256 << 10
MOST_DEPTH = 32

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML can be built without libyaml
# What no editor shows, and what YAML takes for the end of a line where editors do not.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,3})?")


class Scalar(NamedTuple):
    """A single value. `text` is as written; `plain` whether it stood without quotation marks."""

    place: Place
    text: str
    plain: bool

    @property
    def value(self) -> str | int | float | bool | None:
        """What YAML 1.2's core schema makes of it; quoted text is always text."""
        if not self.plain:
            return self.text
        if self.text in _NULLS:
            return None
        if self.text in _BOOLEANS:
            return _BOOLEANS[self.text]
        if _INTEGER.fullmatch(self.text):
            return int(self.text)
        return float(self.text) if _FLOAT.fullmatch(self.text) else self.text


class Sequence(NamedTuple):
    """A list."""

    place: Place
    items: list[Node]


class Mapping(NamedTuple):
    """Keys, which are text, and their nodes, in the order of the file; `key_places` says where each key stands."""

    place: Place
    items: dict[str, Node]
    key_places: dict[str, Place]


Node = Scalar | Sequence | Mapping


def compose(data: bytes, faults: Faults) -> Node:
    """The tree of a file. Raises RubricError where it is not YAML of the kind that a rubric may be."""
    text = _decoded(data, faults)
    faults.lines = text.split("\n")
    builder = _Builder(faults)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        place = _place_of(error, text)
        what = ", ".join(part for part in (error.context, error.problem) if part)
        faults.stop(place, f"this is not YAML: {what}.{_advice(text, place)}")
    except yaml.YAMLError as error:
        faults.stop(Place(1, 1), f"this is not YAML: {error}.")
    if builder.root is None:
        faults.stop(Place(1, 1), "the file is empty; a rubric has at least id, title and checks.")
    return builder.root


def _decoded(data: bytes, faults: Faults) -> str:
    if len(data) > MOST_BYTES:
        faults.stop(Place(1, 1), f"the file is larger than {MOST_BYTES >> 10} KiB, the most that a rubric may be.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.stop(_end_of(data[: error.start].decode("utf-8", "replace")), "this is not UTF-8; save it as UTF-8.")
    if control := _CONTROL.search(text):
        faults.stop(_end_of(text[: control.start()]), f"take away the invisible character U+{ord(control[0]):04X}.")
    return text


def _end_of(text: str) -> Place:
    """The place right after a text."""
    return Place(text.count("\n") + 1, len(text) - text.rfind("\n"))


def _place_of(error: yaml.MarkedYAMLError, text: str) -> Place:
    """Where the mistake is; of what is left open to the end of the file, where it begins."""
    place = _place(error.problem_mark) if error.problem_mark else Place(1, 1)
    if place >= _end_of(text.rstrip()) and error.context_mark:
        return _place(error.context_mark)
    return place


def _advice(text: str, place: Place) -> str:
    line = [*text.splitlines(), ""][place.line - 1]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return " YAML is indented with spaces, never with tabs."
    if line.count(": ") > 1 or line[place.column - 1 :].startswith(("@", "`", "%")):
        return ' Text that holds ": " or begins with a special character needs quotation marks.'
    if "\\" in line[max(place.column - 2, 0) : place.column]:  # libyaml and PyYAML differ by one
        return " Between double quotation marks, a backslash is written twice."
    return " Look at the indentation, and at brackets and quotation marks, here and in the line above."


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


class _Builder:
    """Grows the tree, event by event."""

    def __init__(self, faults: Faults) -> None:
        self.root: Node | None = None
        self._faults = faults
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Scalar | None] = []  # for each that is open, the key that waits for its value

    def take(self, event: yaml.Event) -> None:
        """Add what an event brings. Raises RubricError at what a rubric may not hold."""
        place = _place(event.start_mark)
        self._refuse_extras(event, place)
        if isinstance(event, yaml.ScalarEvent):
            if control := _CONTROL.search(event.value):
                self._faults.stop(place, f"this text holds the invisible character U+{ord(control[0]):04X}.")
            self._add(Scalar(place, event.value, plain=bool(event.implicit[0])))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._enter(Sequence(place, []) if isinstance(event, yaml.SequenceStartEvent) else Mapping(place, {}, {}))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()

    def _refuse_extras(self, event: yaml.Event, place: Place) -> None:
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self._faults.stop(place, "a rubric is one document; take away what follows '---'.")
        if getattr(event, "anchor", None):  # an alias has one, too: the one that it points to
            self._faults.stop(place, "anchors (&) and aliases (*) are not allowed; write it out, or quote it.")
        if tag := getattr(event, "tag", None):
            self._faults.stop(place, f"tags are not allowed; take away {shown(tag)}, or quote it.")

    def _enter(self, node: Sequence | Mapping) -> None:
        if len(self._open) >= MOST_DEPTH:
            self._faults.stop(node.place, f"this is nested more than {MOST_DEPTH} deep.")
        self._add(node)
        self._open.append(node)
        self._keys.append(None)

    def _add(self, node: Node) -> None:
        parent = self._open[-1] if self._open else None
        if parent is None:
            self.root = node
        elif isinstance(parent, Sequence):
            parent.items.append(node)
        elif (key := self._keys[-1]) is not None:
            self._keys[-1] = None
            self._put(parent, key, node)
        elif isinstance(node, Scalar):
            self._keys[-1] = node
        else:
            self._faults.stop(node.place, "a key is a word; this is a list or a mapping.")

    def _put(self, parent: Mapping, key: Scalar, node: Node) -> None:
        if key.plain and key.text == "<<":
            self._faults.add(key.place, "merge keys (<<) are not allowed; write it out.")
        elif key.text in parent.items:
            first = parent.key_places[key.text]
            self._faults.add(key.place, f"the key {shown(key.text)} is here again; it is at line {first.line} already.")
        else:
            parent.items[key.text] = node
            parent.key_places[key.text] = key.place
