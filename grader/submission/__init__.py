"""A path → a Submission: a private copy that holds regular files only, and the file in it that is started."""

from __future__ import annotations

from grader.submission.copying import CopyLimits
from grader.submission.opening import open_submission
from grader.submission.providing import provide

__all__ = ["CopyLimits", "open_submission", "provide"]
