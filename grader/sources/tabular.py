"""Tables that people's programs wrote: CSV with any of the usual separators, with or without a byte order mark."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from grader.errors import UsageError
from grader.frozen import dataclass
from grader.submission.names import shown

_MOST_BYTES, _MOST_CELL = 32 << 20, 1 << 20
_SEPARATORS = ",;\t|"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SAY = re.compile(r"sep=(.)", re.IGNORECASE)
_AS_CSV = 'Save it again as "CSV UTF-8".'


@dataclass(frozen=True)
class Row:
    """One row; `line` is where it begins in the file, from 1. `values` are as written."""

    line: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A file with one row of column names. `columns` are those names without white space around them."""

    file: str
    separator: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def cells(self, row: Row) -> dict[str, str]:
        """The row by column, without white space around values; "" for what is missing at its end."""
        values = [*row.values, *[""] * len(self.columns)]
        return {column: value.strip() for column, value in zip(self.columns, values, strict=False)}


def read_table(path: Path) -> Table:
    """Read a table. Raises UsageError, which names the file and the line."""
    name = shown(path.name)
    text = _decoded(_bytes(path, name), name)
    first, _, rest = text.partition("\n")
    said = _SAY.fullmatch(first.strip("\r\ufeff"))  # Excel's own way to name the separator
    separator = said[1] if said else _separator(text)
    rows = list(_rows(rest if said else text, separator, name, 1 if said else 0))
    if not rows:
        raise UsageError(f"{name} is empty.", "Give a table whose first line names its columns.")
    columns = tuple(value.strip() for value in rows[0].values)
    twice = [column for column, count in Counter(filter(None, columns)).items() if count > 1]
    if twice:
        raise UsageError(f"{name}:{rows[0].line}: the column {shown(twice[0])} is there twice.", "Rename one of them.")
    return Table(name, separator, columns, tuple(rows[1:]))


def _bytes(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MOST_BYTES + 1) if stat.S_ISREG(mode) else b""
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.", "Check the path.") from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{name} has more than {_MOST_BYTES >> 20} MB.", "Give the table of one class.")
    return data


def _decoded(data: bytes, name: str) -> str:
    if data.startswith(b"PK\x03\x04"):
        raise UsageError(f"{name} is a workbook or a zip, not a table.", _AS_CSV)
    coding = _coding(data)
    try:
        text = data.decode(coding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise UsageError(
            f"{name}:{line}:{column}: this is not {coding.removesuffix('-sig').upper()}.", _AS_CSV
        ) from error
    if "\0" in text:
        raise UsageError(f"{name} is not a table.", _AS_CSV)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _coding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    start = data[:2_000]
    if start[1::2].count(0) > len(start) // 4:  # Latin letters of UTF-16 without its mark
        return "utf-16-le"
    if start[::2].count(0) > len(start) // 4:
        return "utf-16-be"
    return "utf-8-sig"


def _separator(text: str) -> str:
    """What separates the first line that holds anything; a comma where nothing does."""
    header = next((line for line in _QUOTED.sub("x", text[:_MOST_CELL]).split("\n") if line.strip()), "")
    return max(_SEPARATORS, key=header.count)


def _rows(text: str, separator: str, name: str, before: int) -> Iterator[Row]:
    """The rows that hold anything. csv counts the lines read so far, so that a row begins after those before it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    reader_lines = before
    try:
        for values in reader:
            line, reader_lines = reader_lines + 1, before + reader.line_num
            if any(value.strip() for value in values):
                yield Row(line, tuple(values))
    except csv.Error as error:
        raise UsageError(f"{name}:{reader_lines + 1}: {error}.", _AS_CSV) from error
