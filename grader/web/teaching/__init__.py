"""Running a course: what those who teach it see and do.

importing     a class's export, uploaded and watched
gradebook     a line for each person; sorted, filtered, searched
person        one of them: points given by hand, and who did what
regrading     grading again, compared before it counts
releasing     when students see results
statistics    how the class did
exporting     the gradebook of a learning platform, filled
feedback      Moodle's feedback files, a report for each
"""

from __future__ import annotations

from grader.web.teaching import (  # noqa: F401  # they add their routes
    exporting,
    gradebook,
    importing,
    person,
    regrading,
    releasing,
    statistics,
)
from grader.web.teaching.routes import blueprint

__all__ = ["blueprint"]
