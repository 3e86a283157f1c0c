"""An instructor's overview of a graded class: its statistics, and one page of them that stands alone.

`write_overview` reads its rows up to three times, one at a time, and writes the page as it goes: what it holds does not
grow with the class, but for eight bytes a submission, by which the same work is found twice.
"""

from __future__ import annotations

from grader.overview.page import write_overview
from grader.overview.row import CheckCell, Head, Row, RowStatus
from grader.overview.statistics import Statistics, statistics

__all__ = ["CheckCell", "Head", "Row", "RowStatus", "Statistics", "statistics", "write_overview"]
