"""The texts that the grader quotes: decoded as Python and browsers decode them, within a budget."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model import SourceFile
from grader.submission.sources import read_sources


def read(folder: Path, name: str, data: bytes) -> SourceFile:
    (folder / name).write_bytes(data)
    (file,), _ = read_sources(folder, [name])
    return file


@pytest.mark.parametrize(
    ("data", "text", "note"),
    [
        (b"x = '\xc3\xa9'\n", "x = 'é'\n", ""),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n", ""),
        (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n", ""),
        (
            b"#!/usr/bin/python\n# -*- coding: cp1252 -*-\nx = '\x80'\n",
            "#!/usr/bin/python\n# -*- coding: cp1252 -*-\nx = '€'\n",
            "",
        ),
        (b"x = '\xe9'\n", "x = 'é'\n", "not UTF-8"),
        (b"# coding: nonsense\nx = 1\n", "# coding: nonsense\nx = 1\n", ""),
        (b"# coding: hex\nx = 1\n", "# coding: hex\nx = 1\n", "not HEX"),
        (b"# coding: unicode_escape\nx = '\\d'\n", "# coding: unicode_escape\nx = '\\d'\n", ""),
        (b"x = 1\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n", ""),
        (b"x = 1\ry = 2\r", "x = 1\ny = 2\n", ""),
        ("x = 1\n".encode("utf-16"), "x = 1\n", "UTF-16, not UTF-8"),
        (b"", "", ""),
        (b"x = 1\0\n", "x = 1\0\n", ""),
    ],
)
def test_decodes_python_as_python_does_and_says_where_it_could_not(
    data: bytes, text: str, note: str, tmp_path: Path
) -> None:
    file = read(tmp_path, "main.py", data)
    assert (file.text, file.note, file.size) == (text, note, len(data))


def test_decodes_pages_as_utf_8_or_else_as_latin_1(tmp_path: Path) -> None:
    assert read(tmp_path, "a.html", "é".encode()).text == "é"
    assert read(tmp_path, "b.html", b"\xe9") == SourceFile("b.html", 1, "é", "not UTF-8")


@pytest.mark.parametrize("name", ["Procfile", ".replit", ".flaskenv", "x.HTML", "x.jinja2", "data.json"])
def test_reads_what_is_worth_quoting(name: str, tmp_path: Path) -> None:
    assert read(tmp_path, name, b"x").text == "x"


@pytest.mark.parametrize("name", ["x.png", "data.db", ".env", "x"])
def test_reads_no_text_of_what_is_none(name: str, tmp_path: Path) -> None:
    assert read(tmp_path, name, b"x") == SourceFile(name, 1)


def test_a_gigantic_source_is_not_quoted_and_says_so(tmp_path: Path) -> None:
    file = read(tmp_path, "main.py", b"x = 1\n" * 200_000)
    assert file.text is None
    assert "too large to quote" in file.note


def test_python_comes_first_where_there_is_too_much_text(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"a{number}.json").write_bytes(b" " * (500 << 10))
    (tmp_path / "z.py").write_bytes(b"x = 1\n")
    files, _ = read_sources(tmp_path, [p.name for p in tmp_path.iterdir()])
    assert next(f for f in files if f.path == "z.py").text == "x = 1\n"
    assert sum(f.size for f in files if f.text is not None) <= 8 << 20
    assert any(f.text is None for f in files)
