"""The rubric of an assignment in the browser: writing it, its versions, and trying it on somebody's work.

editor      the page: faults at their lines, saving, versions
trying      a text that is not saved, on an attempt; the report beside it
"""

from __future__ import annotations

from grader.web.rubric.editor import blueprint
from grader.web.rubric.trying import blueprint as trying

__all__ = ["blueprint", "trying"]
