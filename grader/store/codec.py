"""Evidence and reports as bytes and back: typed, versioned, and safe to read, whoever had the file meanwhile.

A document is JSON, compressed. Every frozen dataclass stands in it once, by its class and its fields, after all that it
holds; what is equal is shared. Only the grader's own values can be made from it, each field is held to its annotation,
and nothing is ever run. What a class has gained since has its default; what it has lost makes the document unreadable,
which is said.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterator
from enum import Enum
from fractions import Fraction
from typing import Any, ClassVar, TypeVar, cast

from grader.errors import StoreError
from grader.store.kinds import fits, hints, kinds, name_of

VERSION = 1
MOST_BYTES = 256 << 20  # of a document before it is compressed; of the evidence of one submission
_LEVEL = 6
_LARGEST = 1 << 53  # beyond, JSON's readers lose digits, and Python refuses very long ones

T = TypeVar("T")


def encode(value: Any) -> bytes:
    """A frozen dataclass of the grader's own as bytes; equal values give equal bytes."""
    writer = _Writer()
    root = writer.value(value)
    document = {"version": VERSION, "classes": writer.classes, "objects": writer.objects, "root": root}
    return zlib.compress(json.dumps(document, separators=(",", ":"), allow_nan=False).encode("ascii"), _LEVEL)


def decode(data: bytes, kind: type[T]) -> T:
    """What was encoded. Raises StoreError where the bytes are no such document."""
    try:
        document = json.loads(_inflated(data))
        if document["version"] != VERSION:
            raise _unreadable(f"it has version {document['version']!r}, and this grader reads version {VERSION}")
        value = _Reader(document["classes"], document["objects"]).value(document["root"])
    except StoreError:
        raise
    except (zlib.error, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise _unreadable(f"{type(error).__name__}: {error}") from error
    if not isinstance(value, kind):
        raise _unreadable(f"it holds no {kind.__name__}")
    return value


def _inflated(data: bytes) -> bytes:
    inflating = zlib.decompressobj()
    text = inflating.decompress(data, MOST_BYTES)
    if not inflating.eof:
        raise _unreadable("it is cut off, or too large")
    return text


def _unreadable(why: str) -> StoreError:
    return StoreError(
        f"Stored evidence cannot be read: {why[:300]}.",
        "It was written by another version of the grader, or was damaged. Grade these submissions again.",
    )


class _Writer:
    """Values → what JSON can hold. An object is a place in `objects`, where it stands as its class and its fields."""

    def __init__(self) -> None:
        self.classes: list[Any] = []
        self.objects: list[Any] = []
        self._class_places: dict[type, int] = {}
        self._places: dict[str, int] = {}
        self._known: dict[int, tuple[Any, int]] = {}  # by identity; the object is kept, so that its id stays its own

    def value(self, value: Any) -> Any:
        if value is None or value is True or value is False:
            return value
        if isinstance(value, Enum):
            return {"e": [self._class(type(value)), value.value]}
        if isinstance(value, str):
            return value if _is_plain(value) else {"s": _base64(value.encode("utf-8", "surrogatepass"))}
        if isinstance(value, int):
            return value if abs(value) < _LARGEST else {"i": hex(value)}
        if isinstance(value, tuple):
            return [self.value(item) for item in value]
        return self._other(value)

    def _other(self, value: Any) -> Any:
        if isinstance(value, float):
            return value if math.isfinite(value) else {"n": repr(value)}
        if isinstance(value, bytes):
            return {"b": _base64(value)}
        if isinstance(value, Fraction):
            return {"f": [self.value(value.numerator), self.value(value.denominator)]}
        if isinstance(value, frozenset):
            return {"t": sorted((self.value(item) for item in value), key=json.dumps)}
        if isinstance(value, dict):
            return {"m": [[self.value(key), self.value(item)] for key, item in value.items()]}
        return {"o": self._object(value)}

    def _object(self, value: Any) -> int:
        if id(value) in self._known:
            return self._known[id(value)][1]
        cls = self._class(type(value))
        made = [cls, *(self.value(getattr(value, name)) for name in hints(type(value)))]
        place = self._places.setdefault(json.dumps(made), len(self.objects))
        if place == len(self.objects):
            self.objects.append(made)
        self._known[id(value)] = value, place
        return place

    def _class(self, cls: type) -> int:
        if cls not in self._class_places:
            if kinds().get(name_of(cls)) is not cls:
                raise TypeError(f"{cls} is no value that is stored")
            names = [] if issubclass(cls, Enum) else list(hints(cls))
            self._class_places[cls] = len(self.classes)
            self.classes.append([name_of(cls), *names])
        return self._class_places[cls]


def _is_plain(text: str) -> bool:
    """Whether JSON brings it back: half a pair of surrogates beside the other half would become a character."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


class _Reader:
    """The way back. An object refers to objects before it only, so that none can hold itself."""

    def __init__(self, classes: list[Any], objects: list[Any]) -> None:
        self._classes = [self._class(*described) for described in classes]
        self._objects: list[Any] = []
        for made in objects:
            self._objects.append(self._object(*made))

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(self.value(item) for item in value)
        if not isinstance(value, dict):
            return value
        ((tag, held),) = value.items()
        return self._READ[tag](self, held)

    def _class(self, name: str, *fields: str) -> tuple[Any, tuple[str, ...]]:
        cls = kinds().get(name)
        if cls is None:
            raise _unreadable(f"this grader knows no {name}")
        lost = set(fields) - set(hints(cls)) if fields else None
        if lost:
            raise _unreadable(f"{name} has no {min(lost)} any more")
        return cls, fields

    def _object(self, place: int, *values: Any) -> Any:
        cls, names = self._classes[_index(place)]
        made = cls(**{name: self.value(value) for name, value in zip(names, values, strict=True)})
        for name, hint in hints(cls).items():
            if not fits(getattr(made, name), hint):
                raise _unreadable(f"{cls.__name__}.{name} holds something else than it should")
        return made

    def _enum(self, held: list[Any]) -> Enum:
        cls, _ = self._classes[_index(held[0])]
        return cast("Enum", cls(held[1]))

    def _pairs(self, held: list[Any]) -> Iterator[tuple[Any, Any]]:
        return ((self.value(key), self.value(item)) for key, item in held)

    _READ: ClassVar[dict[str, Any]] = {
        "o": lambda self, held: self._objects[_index(held)],
        "e": _enum,
        "s": lambda _, held: base64.b64decode(held, validate=True).decode("utf-8", "surrogatepass"),
        "b": lambda _, held: base64.b64decode(held, validate=True),
        "i": lambda _, held: int(held, 16),
        "n": lambda _, held: {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[held],
        "f": lambda self, held: Fraction(*map(self.value, held)),
        "t": lambda self, held: frozenset(map(self.value, held)),
        "m": lambda self, held: dict(self._pairs(held)),
    }


def _index(place: Any) -> int:
    if type(place) is not int or place < 0:
        raise IndexError(f"{place!r} is no place")
    return place
