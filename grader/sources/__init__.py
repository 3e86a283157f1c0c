"""An instructor's source → files, people and attempts: exports of several LMS, clones, or a folder of everybody's work.

Nothing is graded here, and nothing in anybody's work is believed or run.
"""

from __future__ import annotations

from grader.sources.digesting import digest
from grader.sources.finding import attempts, find
from grader.sources.matching import Ambiguous, Match, Matched, match
from grader.sources.model import Attempt, Found, Id, Kind, LeftOut, Person, Which
from grader.sources.roster import Enrolled, Roster, read_roster
from grader.sources.staging import stage

__all__ = [
    "Ambiguous",
    "Attempt",
    "Enrolled",
    "Found",
    "Id",
    "Kind",
    "LeftOut",
    "Match",
    "Matched",
    "Person",
    "Roster",
    "Which",
    "attempts",
    "digest",
    "find",
    "match",
    "read_roster",
    "stage",
]
