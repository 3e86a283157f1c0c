"""The gradebook for people and programs: CSV, a spreadsheet, JSON. One row for each person, a column for each check.

No time and no order of grading stands in it: the same work gives the same bytes. A cell that a spreadsheet would take
for a formula is guarded; numbers stay numbers. Entries are gone through twice, so that a class of any size takes no
more memory: only after all of them is it known which identifiers there are.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from grader.gradebook.entry import Entry
from grader.render.csv import cell
from grader.render.numbers import rounded

Entries = Callable[[], Iterator[Entry]]
Cell = str | int | float
_FIXED = ("name", "attempt", "status", "score", "max_score", "late")


def write_csv(entries: Entries, checks: Sequence[str], file: IO[bytes]) -> None:
    """UTF-8 with a mark at its beginning, without which Excel takes it for another encoding."""
    file.write("\ufeff".encode())
    for row in _table(entries, checks):
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow(row)
        file.write(line.getvalue().encode())


def write_xlsx(entries: Entries, checks: Sequence[str], file: IO[bytes]) -> None:
    """A workbook of one sheet, whose texts are texts whatever they begin with."""
    from xlsxwriter import Workbook

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = Workbook(file, options)
    sheet = workbook.add_worksheet("Gradebook")
    bold = workbook.add_format({"bold": True})
    for number, row in enumerate(_table(entries, checks)):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, place, value, bold if number == 0 else None)
            else:
                sheet.write_number(number, place, value)
    sheet.freeze_panes(1, 0)
    workbook.close()


def write_json(entries: Entries, file: IO[bytes]) -> None:
    """Everything as it is; a missing grade is null."""
    file.write(b'{"schema_version": 1, "people": [')
    for number, entry in enumerate(entries()):
        file.write(b",\n" if number else b"\n")
        file.write(json.dumps(_document(entry), ensure_ascii=False).encode("utf-8", "replace"))
    file.write(b"\n]}\n")


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "name": entry.name,
        "ids": [{"kind": kind, "value": value} for kind, value in entry.ids],
        "status": entry.status,
        "score": None if entry.score is None else rounded(entry.score),
        "max_score": rounded(entry.max_score),
        "attempt": entry.attempt,
        "late": entry.late,
        "problem": entry.reason,
        "report": entry.report,
        "checks": {check.id: rounded(check.score) for check in entry.checks},
    }


def _table(entries: Entries, checks: Sequence[str]) -> Iterator[list[Cell]]:
    kinds = sorted({kind for entry in entries() for kind, _ in entry.ids})
    yield [*map(cell, kinds), *_FIXED, *map(cell, checks), "problem"]
    for entry in entries():
        ids, earned = dict(entry.ids), {check.id: check.score for check in entry.checks}
        yield [
            *(cell(ids.get(kind, "")) for kind in kinds),
            cell(entry.name),
            "" if entry.attempt is None else entry.attempt,
            cell(entry.status),
            "" if entry.score is None else rounded(entry.score),
            rounded(entry.max_score),
            cell(entry.late),
            *(rounded(earned[id]) if id in earned else "" for id in checks),
            cell(entry.reason),
        ]
