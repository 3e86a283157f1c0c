"""Every kind of source, by name; one file for each."""

from __future__ import annotations

from collections.abc import Mapping

from grader.sources.kinds.blackboard import Blackboard
from grader.sources.kinds.brightspace import Brightspace
from grader.sources.kinds.canvas import Canvas
from grader.sources.kinds.classroom50 import Classroom50
from grader.sources.kinds.folder import Folder
from grader.sources.kinds.github_classroom import GitHubClassroom
from grader.sources.kinds.gradescope import Gradescope
from grader.sources.kinds.moodle import Moodle
from grader.sources.kinds.reader import Reader
from grader.sources.kinds.replit import Replit
from grader.sources.model import Kind

# In this order they are asked whether a source is theirs: the most particular names come first.
READERS: Mapping[Kind, Reader] = {
    Kind.MOODLE: Moodle(),
    Kind.BRIGHTSPACE: Brightspace(),
    Kind.GRADESCOPE: Gradescope(),
    Kind.BLACKBOARD: Blackboard(),
    Kind.CANVAS: Canvas(),
    Kind.CLASSROOM50: Classroom50(),
    Kind.GITHUB_CLASSROOM: GitHubClassroom(),
    Kind.REPLIT: Replit(),
    Kind.FOLDER: Folder(),
}

__all__ = ["READERS", "Reader"]
