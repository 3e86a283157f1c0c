"""Any exception of the student's program: the recognisers of each family in turn, then its own words."""

from __future__ import annotations

from grader.checks.diagnosis import addresses, behaviour, calls, jinja, limits, names
from grader.checks.diagnosis.crash import Crash, first
from grader.checks.diagnosis.finding import Finding, short
from grader.checks.diagnosis.syntax import syntax_error
from grader.model import Evidence, Traceback

_RULES = (*limits.RULES, *names.RULES, *jinja.RULES, *addresses.RULES, *calls.RULES, *behaviour.RULES)


def explain(evidence: Evidence, traceback: Traceback) -> Finding:
    """What an exception means for the student."""
    crash = Crash(evidence, traceback)
    return syntax_error(crash) or first(_RULES, crash) or _general(crash)


def _general(crash: Crash) -> Finding:
    """Any other exception: where, what, and in which function."""
    function = crash.frame.function if crash.frame else ""
    within = f", in {short(function, 60)}()" if function and not function.startswith("<") else ""
    kind = short(crash.traceback.kind, 80)
    words = short(crash.traceback.message)
    says = f"{kind}: {words}" if words else kind
    if crash.location is None:
        return Finding(f"The program raised {says}.", "The last lines of its output tell where it comes from.")
    return crash.find(
        f"{crash.where} raised {says}{within}.",
        "Change what this line does; running the program and opening the page prints the same error.",
    )
