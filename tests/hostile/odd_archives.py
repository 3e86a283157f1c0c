# ruff: noqa: E501 - samples, one beside the other
"""Zips that nobody packs by accident, each made from a number alone.

They are written field by field: each field of each header may tell the truth, or anything else.
"""

from __future__ import annotations

import random
import stat
import struct
import zlib
from dataclasses import dataclass, field

from grader.submission import CopyLimits

LIMITS = CopyLimits(files=60, bytes=300_000, depth=6)
_MAIN = b"from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run()\n"
_ORDINARY = (
    "templates/base.html",
    "static/a.css",
    "README.md",
    "lab/",
    "data/a.db",
    "caf\u00e9.html",
    "templates/",
    "app.py",
)
_NAMES = (
    "../evil.py", "/etc/evil", "//server/evil", "lab/../../evil", "..", ".", "", "/", "./", "a//b", "C:/evil", "a\\..\\..\\evil",
    "main.py:stream", "a\0b", "a\x1b[2J", "a\u202eyp.exe", "a\u200bb", "MAIN.py", "main.py/", "main.py/x", "cafe\u0301.html", "\u0130.py",
    "x" * 300, "x/" * 40 + "y", "x/" * 900, "\udcff", "Icon\r", "__MACOSX/._main.py", ".git/config", "pyvenv.cfg", "lib/x", "env/pyvenv.cfg",
    "a\n", " ", "con", "a.pyc", "aux.py", "\ufeffmain.py", "~/x", "$HOME/x", "%2e%2e/x", "link/evil", "link", "d/link/evil", "a/./b", "flask.py",
)  # fmt: skip
_TARGETS = (b"main.py", b"/etc/passwd", b"../../../../etc/shadow", b".", b"..", b"/", b"", b"\0", b"link", b"templates", b"\xff\xfe", b"a" * 5000,
            b"/proc/self/environ", b"lab")  # fmt: skip
_KINDS = (stat.S_IFLNK, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR, 0o170000)
_NUMBERS = (
    0,
    1,
    2,
    8,
    0x7F,
    0xFF,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
    1 << 40,
    (1 << 64) - 1,
)


@dataclass
class _Entry:
    """One entry, with what its headers say."""

    name: bytes
    content: bytes
    kind: int = 0
    method: int = 8
    flags: int = 0x800
    extra: bytes = b""
    said: dict[str, int] = field(default_factory=dict)  # what the central header says instead of the truth
    local: dict[str, int] = field(default_factory=dict)  # what the local one does
    stored: bytes | None = None

    def packed(self) -> bytes:
        if self.stored is not None or self.method != 8:
            return self.content if self.stored is None else self.stored
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return packer.compress(self.content) + packer.flush()


def made(seed: int) -> bytes:
    """The archive of a seed."""
    chance = random.Random(seed)
    entries = [
        _Entry(b"main.py", _MAIN),
        *(_ordinary(chance, n) for n in chance.sample(_ORDINARY, chance.choice([0, 1, 3, 8]))),
    ]
    entries += [_odd(chance) for _ in range(chance.choice([0, 0, 1, 1, 2, 6]))]
    if chance.random() < 0.03:
        entries += [_Entry(b"f%d" % n, b"") for n in range(chance.choice([70, 3000]))]
    chance.shuffle(entries)
    data = _written(chance, entries)
    for _ in range(chance.choice([0, 0, 0, 1, 1, 3, 30])):
        data = _mutated(chance, data)
    return chance.choice(
        [data] * 30 + [b"", data + data, b"PK\5\6", b"junk" + data, data + b"\0" * 70_000, data[: len(data) // 2]]
    )


def _ordinary(chance: random.Random, name: str) -> _Entry:
    content = b"" if name.endswith("/") else chance.randbytes(chance.choice([0, 10, 3000]))
    return _Entry(name.encode(), content, chance.choice([0, stat.S_IFREG]), chance.choice([0, 8]))


def _odd(chance: random.Random) -> _Entry:  # noqa: C901 - a list of cases
    """An entry with one thing about it, or several."""
    one = _ordinary(chance, chance.choice([*_ORDINARY, *(f"other{n}.html" for n in range(20))]))
    for _ in range(chance.choice([1, 1, 2, 4])):
        match chance.randrange(9):
            case 0:
                one.name = chance.choice(_NAMES).encode("utf-8", "surrogateescape")
            case 1:
                one.name, one.flags = chance.randbytes(chance.choice([1, 5])), chance.choice([0, 0x800])
            case 2:
                one.kind, one.content = chance.choice(_KINDS), chance.choice(_TARGETS)
            case 3:
                one.flags |= chance.choice([0x1, 0x8, 0x20, 0x40, 0x2000, 0x41, 0xFFFF])
            case 4:
                one.method = chance.choice([1, 6, 9, 12, 14, 93, 95, 97, 99, 0xFFFF])
            case 5:
                one.content = chance.choice(
                    [b"\0" * 2_000_000, b"\0" * 320_000, chance.randbytes(310_000), made_inside(chance)]
                )
            case 6:
                names = ("size", "packed", "crc", "offset", "name", "extra", "comment", "disk", "version", "time")
                one.said[chance.choice(names)] = chance.choice(_NUMBERS)
            case 7:
                one.local[chance.choice(("size", "packed", "crc", "name", "extra", "method", "flags"))] = chance.choice(
                    _NUMBERS
                )
            case _:
                one.extra, one.said["size"] = _sixty_four(chance), chance.choice([0xFFFFFFFF, 5])
    if chance.random() < 0.2:
        one.stored = _mutated(chance, one.packed())
    return one


def made_inside(chance: random.Random) -> bytes:
    """An archive in the archive."""
    return _written(chance, [_Entry(b"main.py", _MAIN), _Entry(b"inner.zip", b"PK\3\4")])


def _sixty_four(chance: random.Random) -> bytes:
    """An extra field that tells sizes in 64 bits, or says so."""
    numbers = [chance.choice(_NUMBERS) for _ in range(chance.choice([0, 1, 2, 3, 4]))]
    body = struct.pack(f"<{len(numbers)}Q", *numbers)
    return (
        struct.pack("<HH", chance.choice([1, 1, 1, 0x7075, 0x5455]), chance.choice([len(body)] * 4 + [0, 7, 0xFFFF]))
        + body
    )


def _written(chance: random.Random, entries: list[_Entry]) -> bytes:
    data, listed, before = b"", b"", 0
    for one in entries:
        offset = before if chance.random() < 0.02 else len(data)  # at times it lies where the one before does
        before = len(data)
        data += _local(one) + one.packed()
        if one.flags & 0x8:
            data += struct.pack("<4sLLL", b"PK\7\x08", zlib.crc32(one.content), len(one.packed()), len(one.content))
        listed += _central(one, offset)
    return data + listed + _end(chance, len(entries), len(listed), len(data))


def _local(one: _Entry) -> bytes:
    told = {"method": one.method, "flags": one.flags, "crc": zlib.crc32(one.content), "packed": len(one.packed()),
            "size": len(one.content), "name": len(one.name), "extra": len(one.extra), **one.local}  # fmt: skip
    return _fit("<4sHHHHHLLLHH", b"PK\3\4", 20, told["flags"], told["method"], 0, 0x21, told["crc"], told["packed"],
                told["size"], told["name"], told["extra"]) + one.name + one.extra  # fmt: skip


def _central(one: _Entry, offset: int) -> bytes:
    told = {"crc": zlib.crc32(one.content), "packed": len(one.packed()), "size": len(one.content), "name": len(one.name),
            "extra": len(one.extra), "comment": 0, "disk": 0, "offset": offset, "version": 20, "time": 0x21, **one.said}  # fmt: skip
    return _fit("<4sHHHHHHLLLHHHHHLL", b"PK\1\2", 0x314, told["version"], one.flags, one.method, told["time"], told["time"],
                told["crc"], told["packed"], told["size"], told["name"], told["extra"], told["comment"], told["disk"], 0,
                (one.kind | 0o644) << 16 if one.kind else 0, told["offset"]) + one.name + one.extra  # fmt: skip


def _end(chance: random.Random, count: int, size: int, at: int) -> bytes:
    def lie(truth: int) -> int:
        return chance.choice(_NUMBERS) if chance.random() < 0.03 else truth

    found = b""
    if chance.random() < 0.15:
        record = _fit("<4sQHHLLQQQQ", b"PK\6\6", lie(44), 45, 45, lie(0), 0, lie(count), lie(count), lie(size), lie(at))
        found = record + _fit("<4sLQL", b"PK\6\7", lie(0), lie(at + size), lie(1))
        if chance.random() < 0.5:
            count, size, at = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    comment = chance.choice([b""] * 9 + [b"x" * 100, b"PK\5\6" + b"\0" * 18])
    told = lie(len(comment))
    return found + _fit("<4sHHHHLLH", b"PK\5\6", lie(0), 0, lie(count), lie(count), lie(size), lie(at), told) + comment


def _fit(form: str, *values: int | bytes) -> bytes:
    """As struct.pack, each number cut to the width of its field."""
    width = {"H": 0xFFFF, "L": 0xFFFFFFFF, "Q": (1 << 64) - 1}
    codes = [c for c in form if c in "HLQ"]
    numbers = [v & width[c] for c, v in zip(codes, (v for v in values if isinstance(v, int)), strict=True)]
    return struct.pack(form, values[0], *numbers)


def _mutated(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    if chance.random() < 0.5:  # the end says where all else is
        at = max(0, len(data) - chance.randrange(200))
    match chance.randrange(4):
        case 0:
            return data[:at] + chance.randbytes(1) + data[at + 1 :]
        case 1:
            return data[:at] + data[at + chance.choice([1, 4, 50]) :]
        case 2:
            return data[:at] + struct.pack("<L", chance.choice(_NUMBERS) & 0xFFFFFFFF) + data[at + 4 :]
        case _:
            return (
                data[:at]
                + chance.choice([b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", data[:30]])
                + data[at:]
            )
