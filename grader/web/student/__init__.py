"""A student's pages.

assignment      what is asked, handing in, the history
attempt         one attempt: how far it is, or its report; its files
comparison      what changed between two
words           what they say of times and states
"""

from __future__ import annotations

from grader.web.student import assignment, attempt, comparison  # noqa: F401  # they add their routes
from grader.web.student.routes import blueprint

__all__ = ["blueprint"]
