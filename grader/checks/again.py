"""Is what was right still right when it is asked for once more? A program may count the requests of a grading."""

from __future__ import annotations

from dataclasses import replace

from grader.model import CheckStatus, Evidence, Flag, FlagKind, Observation, Outcome, RubricCheck, Seen


def asked_again(check: RubricCheck, evidence: Evidence, outcome: Outcome) -> Outcome:
    """The outcome, flagged where the check passed and would not have on what the same request brought later.

    It costs no points: a person decides. What a rubric lets vary is no inconsistency: the later answer is judged by the
    same expectations.
    """
    if outcome.status is not CheckStatus.PASSED or not any(seen.again for seen in evidence.seen):
        return outcome
    wishes = frozenset(check.check.plan(evidence))
    if not all(_is_plain(wish) for wish in wishes):
        return outcome
    if not any(seen.again for seen in evidence.seen if seen.observation in wishes):
        return outcome
    later = tuple(_later(seen) if seen.observation in wishes else seen for seen in evidence.seen)
    now = check.check.judge(replace(evidence, seen=later))
    if now.status not in (CheckStatus.FAILED, CheckStatus.PARTIAL):
        return outcome
    message = f"{check.id} passed, but not when the same was asked once more at the end: {now.actual or now.message}."
    return replace(outcome, flags=(*outcome.flags, Flag(FlagKind.INCONSISTENT, message)))


def _is_plain(wish: Observation) -> bool:
    """Whether it asks a program as it is for answers that each stand for themselves."""
    return wish.script is None and not wish.condition.overlays and all(step.until is None for step in wish.steps)


def _later(seen: Seen) -> Seen:
    """The same, with what came later in the place of what came first."""
    renewed = {exchange.request for exchange in seen.again}
    return replace(seen, exchanges=(*(e for e in seen.exchanges if e.request not in renewed), *seen.again))
