"""Gradebooks: what a class earned, written into the file that the teacher's own system gave out, or for people."""

from __future__ import annotations

from grader.gradebook.entry import CheckEntry, Entry, Target
from grader.gradebook.feedback import can_have_feedback, feedback_zip
from grader.gradebook.filling import Filled, fill
from grader.gradebook.matching import Match
from grader.gradebook.plain import write_csv, write_json, write_xlsx
from grader.gradebook.results import gradescope_zip

__all__ = [
    "CheckEntry",
    "Entry",
    "Filled",
    "Match",
    "Target",
    "can_have_feedback",
    "feedback_zip",
    "fill",
    "gradescope_zip",
    "write_csv",
    "write_json",
    "write_xlsx",
]
