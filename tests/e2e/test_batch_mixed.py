"""Three hundred people hand in everything that people hand in: each gets what is theirs, and nobody else is harmed."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from grader.store.folder import opened
from tests import batches, small_lab
from tests.exports import zipped

GOOD, SILENT = small_lab.app("hello"), small_lab.app("good day")
PACKED = zipped({"lab/main.py": GOOD.encode()})
HANGS_WHEN_ASKED = "import time\n" + GOOD.replace("return", "time.sleep(1000); return")
KILLS = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(0, signal.SIGKILL)\n"
FLOODS = "while True: print('x' * 10_000)\n"
TWO_GB = 2 << 30
Expected = tuple[str, int | None]
FULL, QUIET, NOTHING, NO_GRADE = ("graded", 10), ("graded", 4), ("graded", 0), ("not_gradable", None)


@dataclass(frozen=True)
class Kind:
    """`count` people hand in what `write` lays down, given a path without its ending; it gives the path."""

    count: int
    expected: Expected
    write: Callable[[Path], Path]


def folder(**files: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.mkdir()
        for name, text in files.items():
            (path / f"{name}.py").write_text(text)
        return path

    return write


def file(ending: str, content: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.with_name(path.name + ending).write_bytes(content)
        return path.with_name(path.name + ending)

    return write


def sparse(ending: str, size: int) -> Callable[[Path], Path]:
    """Of this size, and hardly any of it on the disk."""

    def write(path: Path) -> Path:
        with path.with_name(path.name + ending).open("wb") as made:
            made.write(PACKED)
            made.truncate(size)
        return path.with_name(path.name + ending)

    return write


def with_a_film(path: Path) -> Path:
    folder(main=GOOD)(path)
    with (path / "film.bin").open("wb") as made:
        made.truncate(TWO_GB)
    return path


def declared(size: int) -> bytes:
    """A zip that says of its only file that it has this size."""
    data = bytearray(PACKED)
    for sign, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(sign) + at
        data[place : place + 4] = size.to_bytes(4, "little")
    return bytes(data)


KINDS = {
    "good": Kind(104, FULL, folder(main=GOOD)),
    "zip": Kind(40, FULL, file(".zip", PACKED)),
    "zip in zip": Kind(6, FULL, file(".zip", zipped({"lab.zip": PACKED}))),
    "file": Kind(60, QUIET, file(".py", SILENT.encode())),
    "syntax": Kind(20, NOTHING, folder(main=GOOD + "def (\n")),
    "empty file": Kind(12, NOTHING, folder(main="")),
    "crash": Kind(8, NOTHING, folder(main="1 / 0\n")),
    "empty folder": Kind(8, NO_GRADE, folder()),
    "corrupt": Kind(14, NO_GRADE, file(".zip", PACKED[:-30])),
    "no zip": Kind(6, NO_GRADE, file(".zip", b"no zip at all")),
    "zip in zip in zip": Kind(4, NO_GRADE, file(".zip", zipped({"a.zip": zipped({"b.zip": PACKED})}))),
    "huge zip": Kind(2, NO_GRADE, sparse(".zip", TWO_GB)),
    "declared": Kind(2, NO_GRADE, file(".zip", declared(TWO_GB))),
    "huge file": Kind(2, NO_GRADE, with_a_film),
    "hangs": Kind(3, NOTHING, folder(main="while True: pass\n")),
    "hangs when asked": Kind(3, QUIET, folder(main=HANGS_WHEN_ASKED)),
    "kills": Kind(4, NOTHING, folder(main=KILLS)),
    "floods": Kind(2, NOTHING, folder(main=FLOODS)),
}
NAMES = [
    *("שרה כהן", "محمد علي", "李 小龍", "Ελένη Παπαδοπούλου", "Jane Doe", "Jane Doe", "jane doe", "JANE DOE"),
    *(unicodedata.normalize(form, "José Ñandú") for form in ("NFC", "NFD")),
    *(
        "=HYPERLINK('http://x')",
        "+49",
        "@sum(A1)",
        "-1",
        "../../etc/passwd",
        "a/b\\c",
        "..",
        "CON",
        "x" * 300,
        "<b>B</b>",
    ),
]
KEYS = [
    *("anna", "ANNA", "Anna", "\uff41\uff4e\uff4e\uff41"),
    *(unicodedata.normalize(form, "zoë") for form in ("NFC", "NFD")),
    "=1+1",
]


@dataclass(frozen=True)
class Person:
    key: str
    name: str
    expected: Expected


@pytest.fixture
def people(tmp_path: Path) -> list[Person]:
    """Their work in `source`, mixed, each of it named in a manifest; some hand in a second time."""
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "small.yaml").write_text(small_lab.rubric("{start_seconds: 2, request_seconds: 1, total_seconds: 8}"))
    kinds = list(in_turn())
    everybody, lines = [], [["path", "person", "name", "attempt"]]
    for number, kind in enumerate(kinds):
        key = KEYS[number] if number < len(KEYS) else f"person{number}"
        name = NAMES[number - 20] if 20 <= number < 20 + len(NAMES) else f"Student {number:03}"
        path = kind.write(source / key)
        twice = number % 50 == 7
        if twice:
            lines.append([folder(main="1 / 0\n")(source / f"{key} earlier").name, key, name, "1"])
        lines.append([path.name, key, name, "2" if twice else "1"])
        everybody.append(Person(key, name, kind.expected))
    with (tmp_path / "manifest.csv").open("w", newline="") as table:
        csv.writer(table).writerows(lines)
    return everybody


def in_turn() -> Iterator[Kind]:
    """All kinds, each spread over the whole class."""
    places = [(n / kind.count, at, kind) for at, kind in enumerate(KINDS.values()) for n in range(kind.count)]
    return (kind for *_, kind in sorted(places, key=lambda place: place[:2]))


@pytest.mark.slow
def test_a_class_of_three_hundred_gets_three_hundred_right_results(tmp_path: Path, people: list[Person]) -> None:
    assert len(people) == 300
    out, manifest = tmp_path / "results", str(tmp_path / "manifest.csv")
    code, _, said = batches.finished(batches.begun(tmp_path / "source", out, "--manifest", manifest), 300)
    assert code == 0, said[-2000:]
    with opened(out) as store:
        run = store.last_run()
        assert run is not None
        rows = list(store.rows(run))
    found = {row.person.key: (row.status, row.score) for row in rows}
    right = {p.key: (p.expected[0], None if p.expected[1] is None else Fraction(p.expected[1])) for p in people}
    assert {key: found[key] for key in found if found[key] != right[key]} == {}
    assert found.keys() == right.keys()
    assert {row.person.key: row.person.name for row in rows} == {person.key: person.name for person in people}
    assert all(row.problem for row in rows if row.status == "not_gradable")
    assert f"[{len(people)}/{len(people)}]" in said

    told = list(csv.DictReader((out / "gradebook.csv").read_text("utf-8-sig").splitlines()))
    assert sorted((row["name"].removeprefix("'"), row["status"], row["score"]) for row in told) == sorted(
        (p.name, p.expected[0], "" if p.expected[1] is None else str(p.expected[1])) for p in people
    )
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in told for cell in row.values())
    reports = [path.name for path in (out / "reports").iterdir()]
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in reports}) == len(reports) == 600

    before = (out / "gradebook.csv").read_bytes()
    code, _, said = batches.finished(batches.begun(tmp_path / "source", out, "--manifest", manifest))
    assert code == 0
    assert "300 were done before." in said
    assert (out / "gradebook.csv").read_bytes() == before
