"""Which works are graded: those of the attempts that count, and of these what was not graded as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from grader import __version__
from grader.batch.model import Attempts, BatchHow, Regrade, Work
from grader.errors import StoreError, UsageError
from grader.model import ReportStatus, Rubric
from grader.store.values import RunMade, Standing

_ORDER = tuple(Regrade)


def attempts_that_count(works: Iterable[Work], attempts: Attempts) -> list[Work]:
    """Only each person's latest, or all. Raises UsageError where two have one key."""
    found = list(works)
    keys: set[str] = set()
    for work in found:
        if work.key in keys:
            raise UsageError(f"Two submissions have the key {work.key!r}.", "Give each of them one of its own.")
        keys.add(work.key)
    if attempts is not Attempts.LATEST:
        return found
    latest: dict[str, Work] = {}
    for work in found:
        before = latest.get(work.person.key)
        if before is None or work.attempt >= before.attempt:
            latest[work.person.key] = work
    chosen = {work.key for work in latest.values()}
    return [work for work in found if work.key in chosen]


def require_same_rubric(last: RunMade | None, rubric: Rubric, out: Path) -> None:
    """Raises StoreError where a folder holds the results of another lab. A new version of its rubric is no other."""
    if last is not None and last.rubric_id != rubric.id:
        raise StoreError(
            f"{out} holds results by the rubric {last.rubric_id} ({last.rubric_title}), not by {rubric.id}.",
            "Choose another folder, or give the rubric that it belongs to with --rubric.",
        )


def resumed(last: RunMade | None, rubric: Rubric, how: BatchHow) -> int | None:
    """The run from which on gradings are those of this very command, where it was interrupted and goes on."""
    if last is None or last.finished or last.rubric_sha256 != rubric.sha256:
        return None
    if last.options.get("regrade") != how.regrade:
        return None
    since = last.options.get("since")
    return since if isinstance(since, int) else last.id


def to_grade(
    works: Iterable[Work], standings: Mapping[str, Standing], rubric: Rubric, how: BatchHow, since: int | None
) -> list[Work]:
    """What is new, what changed, and what `how` asks for besides."""
    return [w for w in works if _needs(w, standings.get(w.key), rubric, how.regrade, since)]


def _needs(work: Work, stands: Standing | None, rubric: Rubric, regrade: Regrade, since: int | None) -> bool:
    if stands is None or _changed(work, stands, rubric):
        return True
    if since is not None and stands.run >= since:
        return False
    if stands.status == ReportStatus.UNGRADED:
        least = Regrade.UNGRADED
    else:
        least = Regrade.ALL if stands.passed else Regrade.FAILED
    return _ORDER.index(regrade) >= _ORDER.index(least)


def _changed(work: Work, stands: Standing, rubric: Rubric) -> bool:
    """Whether the work, the rubric or the grader is another one now."""
    then = (stands.sha256, stands.rubric_sha256, stands.late_seconds, _major(stands.grader_version))
    return then != (work.sha256, rubric.sha256, work.late_seconds, _major(__version__))


def _major(version: str) -> str:
    return version.partition(".")[0]
