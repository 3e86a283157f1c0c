"""Does a server start, and only when the entry is run?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from grader.checks.reach import IMPORTED, KNOCK, NATURAL, answered, start_of, starts_of, unmade
from grader.checks.verdict import failed, no_server, not_seen
from grader.frozen import dataclass
from grader.model import Evidence, Observation, Outcome, Request, Start, StartState, Step, passed


@dataclass(frozen=True)
class Starts:
    """Running the entry file, unmodified, starts a server that answers HTTP: any answer, on any path."""

    def plan(self, evidence: Evidence) -> Iterable[Observation]:  # noqa: ARG002 - as every check; it needs no second look
        """One natural start, knocked at before the page that could hang."""
        yield Observation(NATURAL, 0, (KNOCK, Step(Request("/"))))

    def judge(self, evidence: Evidence) -> Outcome:
        """Passed when any natural start answered anything."""
        for start in starts_of(evidence, NATURAL):
            if answered(evidence, NATURAL, start.occurrence):
                return passed(f"Running {evidence.entry} starts a server that answers.", [start.id])
        return no_server(evidence, f"running {evidence.entry} starts a server that answers HTTP")

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return ("Running the program starts a server that answers.",)


@dataclass(frozen=True)
class Guarded:
    """Importing the entry starts no server; running it starts one, or at least gets into its guarded block."""

    def plan(self, evidence: Evidence) -> Iterable[Observation]:  # noqa: ARG002 - as every check; it needs no second look
        """One import and one natural start."""
        yield Observation(IMPORTED)
        yield Observation(NATURAL)

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return ("The server starts when the file is run, and does not when it is imported.",)

    def judge(self, evidence: Evidence) -> Outcome:
        """Compares what importing did with what running did."""
        expected = f"importing {evidence.entry} starts no server, running it does"
        imported, run = start_of(evidence, IMPORTED), start_of(evidence, NATURAL)
        if imported is None or unmade(imported):
            return not_seen(expected, imported)
        if run is None or unmade(run):
            return not_seen(expected, run)
        quiet = not imported.listening and (imported.imported or imported.state is StartState.ENDED)
        if quiet and (run.listening or _went_further(imported, run)):
            return passed(f"{evidence.entry} starts the server only when it is run itself.", [imported.id, run.id])
        return _unguarded(evidence, expected, imported, run)


def _went_further(imported: Start, run: Start) -> bool:
    """Whether an import came to its quiet end and running did not: something happens only when the file is run."""
    if not imported.imported:
        return False
    crashed = run.traceback is not None and imported.traceback is None
    cut_short = run.state is StartState.SILENT or bool(run.limit)
    return crashed or cut_short or (run.exit is not None and not run.exit.clean)


def _unguarded(evidence: Evidence, expected: str, imported: Start, run: Start) -> Outcome:
    from grader.checks import diagnosis

    ids = [imported.id, run.id]
    name = evidence.entry
    if imported.listening:
        return failed(expected, f"importing {name} starts a server", diagnosis.missing_guard(evidence), evidence=ids)
    if not imported.imported:
        end = "does not come to its end" if imported.state is StartState.SILENT else "ends with an error"
        finding = diagnosis.start_failure(evidence, imported)
        return failed(expected, f"importing {name} {end}", finding, evidence=ids)
    finding = diagnosis.wrong_guard(evidence) if _has_other_guard(evidence) else diagnosis.no_run(evidence)
    return failed(expected, f"running {name} ends without starting a server", finding, evidence=ids)


_GUARD = r"(?m)^[ \t]*if\b.*(?:name|main).*$"
_RIGHT_GUARD = r"__name__\s*==\s*(['\"])__main__\1|(['\"])__main__\2\s*==\s*__name__"


def _has_other_guard(evidence: Evidence) -> bool:
    """Whether the entry holds something like a guard, but not the right one. Decides the wording, never the verdict."""
    source = evidence.file(evidence.entry)
    text = (source.text if source else None) or ""
    guards = re.findall(_GUARD, text)
    return bool(guards) and not any(re.search(_RIGHT_GUARD, line) for line in guards)
