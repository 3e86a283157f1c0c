"""A CSV file that stays as it is, byte for byte, but for the cells that are written.

Python's csv module reads values and forgets how they were spelled: quotes, separator, line ends, encoding. A teacher's
own file goes back into the system that made it, so here every cell keeps its spelling.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from grader.errors import UsageError

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DELIMITERS = (",", ";", "\t")
_MOST_BYTES = 64 << 20
_QUOTED = r'"(?:[^"]|"")*"[^{d}\r\n]*'
_BARE = r'(?!")[^{d}\r\n]*'
_END = r"(\r\n|\n|\r|{d}|\Z)"


@dataclass(slots=True)
class Cell:
    """What stands in the file, and what that means."""

    raw: str

    @property
    def value(self) -> str:
        """Without quotes."""
        if not self.raw.startswith('"'):
            return self.raw
        inner, _, after = self.raw[1:].replace('""', "\0").partition('"')
        return (inner + after).replace("\0", '"')


class Sheet:
    """Rows of cells; the first row is the heading."""

    def __init__(self, data: bytes, where: str) -> None:
        """Take a file's content apart; `where` names it in messages. Raises UsageError."""
        if len(data) > _MOST_BYTES:
            raise UsageError(
                f"{where} has {len(data) >> 20} MB.", "A gradebook has at most 64 MB; is it the right file?"
            )
        self.where = where
        self._bom, self._encoding, text = _decoded(data)
        self.delimiter = _delimiter(text)
        self.rows: list[list[Cell]] = []
        self._ends: list[str] = []
        self._take_apart(text)
        if not any(cell.value.strip() for row in self.rows[:1] for cell in row):
            raise UsageError(f"{where} is empty.", "Export the gradebook again, and give that file.")

    def _take_apart(self, text: str) -> None:
        delimiter = re.escape(self.delimiter)
        field = re.compile(f"({_QUOTED}|{_BARE}){_END}".replace("{d}", delimiter))
        at, row = 0, []  # type: int, list[Cell]
        while at < len(text) or row:
            found = field.match(text, at)
            if found is None:
                line = text.count("\n", 0, at) + 1
                raise UsageError(f"{self.where}:{line}: a quote is opened and never closed.", "Export the file again.")
            row.append(Cell(found[1]))
            at = found.end()
            if found[2] != self.delimiter:
                self.rows.append(row)
                self._ends.append(found[2])
                row = []

    @property
    def heading(self) -> list[str]:
        """The names of the columns."""
        return [cell.value.strip() for cell in self.rows[0]]

    def value(self, row: int, column: int | None) -> str:
        """What a cell says, without spaces around it; empty where the row is shorter."""
        if column is None or column >= len(self.rows[row]):
            return ""
        return self.rows[row][column].value.strip()

    def put(self, row: int, column: int, value: str) -> None:
        """Write a cell, quoted where it was quoted before or has to be."""
        cells = self.rows[row]
        cells.extend(Cell("") for _ in range(column + 1 - len(cells)))
        has_to_be = any(mark in value for mark in (self.delimiter, '"', "\r", "\n")) or value != value.strip()
        if has_to_be or cells[column].raw.startswith('"'):
            value = '"' + value.replace('"', '""') + '"'
        cells[column].raw = value

    def write(self) -> bytes:
        """The whole file again. Raises UsageError where its encoding cannot hold what was written."""
        lines = (
            self.delimiter.join(cell.raw for cell in row) + end for row, end in zip(self.rows, self._ends, strict=True)
        )
        try:
            return self._bom + "".join(lines).encode(self._encoding)
        except UnicodeEncodeError as error:
            raise UsageError(
                f"{self.where} is written in {self._encoding}, which has no {error.object[error.start]!r}.",
                "Export it as UTF-8, or leave the comments out.",
            ) from error


def _decoded(data: bytes) -> tuple[bytes, str, str]:
    """The mark at the beginning, the encoding and the text. What is no UTF-8 was written on Windows."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return bom, encoding, data[len(bom) :].decode(encoding, "surrogatepass")
    try:
        return b"", "utf-8", data.decode("utf-8")
    except UnicodeDecodeError:
        return b"", "latin-1", data.decode("latin-1")  # every byte comes back as it was


def _delimiter(text: str) -> str:
    """The one that stands most often in the heading, outside of quotes."""
    heading = re.sub(r'"(?:[^"]|"")*"', "", text[: 1 << 16]).lstrip("\r\n").splitlines()
    first = heading[0] if heading else ""
    return max(_DELIMITERS, key=first.count)
