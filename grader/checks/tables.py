"""Tables as people read them: the cells that belong to a heading, below it or beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from grader.checks.html import Page, text_in
from grader.checks.naming import called
from grader.frozen import dataclass

if TYPE_CHECKING:
    from bs4 import Tag

_MOST_ROWS = 5000  # of a page
_MOST_CELLS = 20_000  # of a table, spans counted
_MOST_SPAN = 50


@dataclass(frozen=True)
class _Cell:
    """What stands at one place of the grid; a cell that spans several places stands at each of them."""

    text: str
    heads: bool  # whether it is a <th>


@dataclass(frozen=True)
class _Row:
    cells: tuple[_Cell, ...]
    sums: bool = False  # whether it is in a <tfoot>

    @property
    def heads(self) -> bool:
        """Whether it can only be read as headings: a <th>, and nothing to read that is none."""
        return any(c.heads for c in self.cells) and not any(c.text and not c.heads for c in self.cells)

    @property
    def is_data(self) -> bool:
        """Whether none of its cells is a heading."""
        return not any(c.heads for c in self.cells)


def column(page: Page, header: str, row: str | None) -> Iterator[str]:
    """The cells that belong to a heading, in every table that has it; with `row`, only those beside a cell that reads
    it. A row that sums up, in a <tfoot> or of headings alone, is left out unless it is asked for."""
    for grid in _grids(page):
        for rows in (grid, _turned(grid)):  # headings above, else down the side
            place = _heading(rows, header)
            if place is not None:
                yield from _below(rows, *place, row)
                break


def has_heading(page: Page, header: str) -> bool:
    """Whether any table has it, rows or not."""
    return any(_heading(rows, header) is not None for grid in _grids(page) for rows in (grid, _turned(grid)))


def _heading(rows: list[_Row], header: str) -> tuple[int, list[int]] | None:
    """Which row holds the heading, and in which columns. In a table without a row of headings, any row may."""
    for index in [i for i, r in enumerate(rows) if r.heads] or [i for i, r in enumerate(rows) if r.is_data]:
        cells = rows[index].cells
        columns = called(range(len(cells)), header, lambda i, cells=cells: [cells[i].text])  # type: ignore[misc]
        if columns:
            return index, columns
    return None


def _below(rows: list[_Row], above: int, columns: list[int], row: str | None) -> Iterator[str]:
    """What stands below a heading, a cell that spans several rows or columns once."""
    below = [r for r in rows[above + 1 :] if r.cells != rows[above].cells]
    if row is not None:
        below = called(below, row, lambda r: [c.text for c in r.cells])
    else:
        below = [r for r in below if not r.heads and not r.sums] or below
    cells = {id(r.cells[i]): r.cells[i].text for r in below for i in columns if i < len(r.cells)}
    yield from cells.values()


def _turned(rows: list[_Row]) -> list[_Row]:
    """The table with its columns as rows, where its first column is one of headings; else nothing."""
    if not rows or not all(r.cells and r.cells[0].heads for r in rows):
        return []
    width = max(len(r.cells) for r in rows)
    blank = _Cell("", heads=False)
    return [_Row(tuple(r.cells[i] if i < len(r.cells) else blank for r in rows)) for i in range(width)]


def _grids(page: Page) -> Iterator[list[_Row]]:
    """The rows of every table, in the order of the page."""
    rows_of: dict[int, list[Tag]] = {}
    for tr in page.root.find_all("tr", limit=_MOST_ROWS):
        table = tr.find_parent("table")
        if table is not None:
            rows_of.setdefault(id(table), []).append(tr)
    return map(_grid, rows_of.values())


def _grid(trs: list[Tag]) -> list[_Row]:
    hanging: dict[int, tuple[int, _Cell]] = {}  # by column: how many more rows a cell reaches down into
    rows: list[_Row] = []
    left = _MOST_CELLS
    for tr in trs:
        cells: list[_Cell] = []
        for tag in tr.find_all(("td", "th"), recursive=False):
            _hang(cells, hanging)
            cell, down = _Cell(" ".join(text_in(tag).split()), tag.name == "th"), _span(tag, "rowspan") - 1
            for _ in range(_span(tag, "colspan")):
                hanging[len(cells)] = (down, cell)
                cells.append(cell)
        _hang(cells, hanging)
        left -= len(cells)
        if left < 0:
            break
        rows.append(_Row(tuple(cells), getattr(tr.find_parent(("tfoot", "table")), "name", "") == "tfoot"))
    return rows


def _hang(cells: list[_Cell], hanging: dict[int, tuple[int, _Cell]]) -> None:
    """Put in the cells that reach down from rows above."""
    while (found := hanging.get(len(cells))) and found[0] > 0:
        hanging[len(cells)] = (found[0] - 1, found[1])
        cells.append(found[1])


def _span(cell: Tag, name: str) -> int:
    given = str(cell.get(name) or "").strip()
    return max(1, min(int(given), _MOST_SPAN)) if given.isdecimal() and len(given) < 6 else 1
