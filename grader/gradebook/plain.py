"""The gradebook for people and programs: CSV, a spreadsheet, JSON. One row for each person, a column for each check.

A cell that a spreadsheet would take for a formula is guarded; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import IO

from grader.gradebook.entry import Entry, points
from grader.render.csv import cell

_FIXED = ("key", "name", "status", "score", "max_score", "attempt", "late", "reason")


def columns(entries: Iterable[Entry]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds of identifiers and the ids of checks that anybody has, in the order in which they come."""
    kinds, checks = {}, {}  # type: dict[str, None], dict[str, None]
    for entry in entries:
        kinds.update(dict.fromkeys(kind for kind, _ in entry.ids))
        checks.update(dict.fromkeys(check.id for check in entry.checks))
    return tuple(kinds), tuple(checks)


def to_csv(entries: list[Entry]) -> bytes:
    """UTF-8 with a mark at its beginning, without which Excel takes it for another encoding."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerows(_table(entries))
    return file.getvalue().encode("utf-8-sig")


def to_xlsx(entries: list[Entry], file: IO[bytes]) -> None:
    """A workbook of one sheet, whose texts are texts whatever they begin with."""
    from xlsxwriter import Workbook

    workbook = Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = workbook.add_worksheet("Gradebook")
    bold = workbook.add_format({"bold": True})
    for number, row in enumerate(_table(entries)):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, place, value, bold if number == 0 else None)
            elif value is not None:
                sheet.write_number(number, place, value)
    sheet.freeze_panes(1, 2)
    workbook.close()


def to_json(entries: list[Entry]) -> str:
    """Everything as it is; a missing grade is null."""
    people = [
        {
            "key": entry.key,
            "name": entry.name,
            "ids": [{"kind": kind, "value": value} for kind, value in entry.ids],
            "status": entry.status,
            "score": None if entry.score is None else float(points(entry.score)),
            "max_score": float(points(entry.max_score)),
            "attempt": entry.attempt,
            "late": entry.late,
            "reason": entry.reason,
            "report": entry.report,
            "checks": {check.id: float(points(check.score)) for check in entry.checks},
        }
        for entry in entries
    ]
    return json.dumps({"schema_version": 1, "people": people}, ensure_ascii=False, indent=1) + "\n"


def _table(entries: list[Entry]) -> Iterator[list[str | float | None]]:
    kinds, checks = columns(entries)
    yield [*_FIXED[:2], *kinds, *_FIXED[2:], *checks]
    for entry in entries:
        ids, earned = dict(entry.ids), {check.id: check.score for check in entry.checks}
        yield [
            cell(entry.key),
            cell(entry.name),
            *(cell(ids.get(kind, "")) for kind in kinds),
            cell(entry.status),
            None if entry.score is None else _number(points(entry.score)),
            _number(points(entry.max_score)),
            entry.attempt,
            cell(entry.late),
            cell(entry.reason),
            *(_number(points(earned[id])) if id in earned else None for id in checks),
        ]


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() else value
