"""YAML text → a tree of nodes that know their line and column.

A small, safe part of YAML 1.2: mappings, sequences, scalars. No anchors, aliases, merge keys, tags, or second document;
`no`, `on` and `yes` are words. Built from parser events without recursion, within limits on size and depth, so that no
file can exhaust the grader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from grader.rubric.faults import Faults, Place

MOST_BYTES = 256 << 10
MOST_DEPTH = 32
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_NULLS = ("", "~", "null", "Null", "NULL")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Scalar:
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


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys, which are text, and their nodes, in the order of the file; `key_places` says where each key stands."""

    place: Place
    items: dict[str, Node] = field(default_factory=dict)
    key_places: dict[str, Place] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


def compose(data: bytes, faults: Faults) -> Node | None:
    """The tree of a file; None, with the reason among the faults, where it is not YAML that a rubric may be."""
    text = _decoded(data, faults)
    if text is None:
        return None
    builder = _Builder(faults)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            if not builder.take(event):
                return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(mark) if mark else Place(1, 1)
        what = " ".join(part for part in (error.context, error.problem) if part)
        faults.add(place, f"this is not YAML: {what}.{_advice(text, place)}")
        return None
    except (yaml.YAMLError, ValueError) as error:
        faults.add(Place(1, 1), f"this is not YAML: {str(error).splitlines()[0]}.")
        return None
    if builder.root is None:
        faults.add(Place(1, 1), "the file is empty; a rubric has at least id, title and checks.")
    return builder.root


def _decoded(data: bytes, faults: Faults) -> str | None:
    if len(data) > MOST_BYTES:
        faults.add(Place(1, 1), f"the file has {len(data)} bytes; a rubric has at most {MOST_BYTES}.")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.add(Place(line, 1), "the file is not UTF-8 text; save it as UTF-8.")
        return None
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        column = control.start() - (text.rfind("\n", 0, control.start()) + 1) + 1
        faults.add(Place(line, column), f"there is a control character, U+{ord(control.group()):04X}; remove it.")
        return None
    return text


def _advice(text: str, place: Place) -> str:
    lines = text.split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return " YAML is indented with spaces, never with tabs."
    if line.count(": ") > 1 or line.lstrip().startswith(("@", "`", "%")):
        return ' Text that holds ": " or begins with a special character needs quotation marks.'
    return ""


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


class _Builder:
    """Grows the tree, event by event."""

    def __init__(self, faults: Faults) -> None:
        self.root: Node | None = None
        self._faults = faults
        self._open: list[tuple[Sequence | Mapping, list[Scalar]]] = []  # each with the key that waits for its value
        self._documents = 0

    def take(self, event: yaml.Event) -> bool:
        """Whether to go on."""
        place = _place(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            return self._documents == 1 or self._refuse(
                place, "a rubric is one document; take away what follows '---'."
            )
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            return self._refuse(place, "anchors (&) and aliases (*) are not allowed in a rubric; write it out.")
        if tag := getattr(event, "tag", None):
            return self._refuse(place, f"tags are not allowed in a rubric; take away {tag}.")
        if isinstance(event, yaml.ScalarEvent):
            return self._add(Scalar(place, event.value, bool(event.implicit[0])))
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            node = Sequence(place) if isinstance(event, yaml.SequenceStartEvent) else Mapping(place)
            return self._add(node) and self._enter(node)
        if isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._open.pop()
        return True

    def _enter(self, node: Sequence | Mapping) -> bool:
        if len(self._open) >= MOST_DEPTH:
            return self._refuse(node.place, f"this is nested more than {MOST_DEPTH} deep.")
        self._open.append((node, []))
        return True

    def _add(self, node: Node) -> bool:
        if not self._open:
            self.root = node
            return True
        parent, waiting = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return True
        if waiting:
            self._put(parent, waiting.pop(), node)
            return True
        if not isinstance(node, Scalar):
            return self._refuse(node.place, "a key has to be a word.")
        waiting.append(node)
        return True

    def _put(self, parent: Mapping, key: Scalar, node: Node) -> None:
        if key.text in parent.items:
            first = parent.key_places[key.text].line
            self._faults.add(
                key.place, f'the key "{key.text}" stands here for the second time; the first is at line {first}.'
            )
            return
        if key.plain and key.text == "<<":
            self._faults.add(key.place, "merge keys (<<) are not allowed in a rubric; write it out.")
            return
        parent.items[key.text] = node
        parent.key_places[key.text] = key.place

    def _refuse(self, place: Place, sentence: str) -> bool:
        self._faults.add(place, sentence)
        return False
