"""The statistics of a class, from rows that are read once and let go."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from grader.frozen import dataclass
from grader.overview.clusters import Cluster, ClustersSoFar
from grader.overview.items import CheckStatistics, ItemsSoFar
from grader.overview.row import Row, RowStatus, Who, who
from grader.overview.scores import Scores, ScoresSoFar
from grader.overview.twins import TracesSoFar

_MOST_SLOW = 10


@dataclass(frozen=True)
class Statistics:
    """Of a class. `counts` has every status; `clusters` are failures, the most frequent first, `other_failures` those
    beyond what was kept apart; `repeated` are traces of work that came more than once (`grader.overview.twins`)."""

    counts: tuple[tuple[RowStatus, int], ...]
    scores: Scores | None
    checks: tuple[CheckStatistics, ...]
    clusters: tuple[Cluster, ...]
    other_failures: int
    slowest: tuple[tuple[float, Who], ...]
    repeated: tuple[int, ...]

    def count(self, status: RowStatus) -> int:
        """How many rows have a status."""
        return dict(self.counts)[status]


def statistics(rows: Iterable[Row], pass_mark: Fraction | None = None) -> Statistics:
    """Of all rows; in which order they come does not matter. `pass_mark` is in percent."""
    counts: Counter[RowStatus] = Counter()
    scores, items, clusters, traces = ScoresSoFar(pass_mark), ItemsSoFar(), ClustersSoFar(), TracesSoFar()
    slowest: list[tuple[float, Who]] = []
    for row in rows:
        counts[row.status] += 1
        clusters.add(row)
        traces.add(row)
        if row.status is RowStatus.GRADED:
            scores.add(row)
            items.add(row.checks)
        if row.seconds is not None:
            insort(slowest, (row.seconds, who(row)), key=lambda slow: (-slow[0], slow[1].order))
            del slowest[_MOST_SLOW:]
    return Statistics(
        counts=tuple((status, counts[status]) for status in RowStatus),
        scores=scores.done(),
        checks=items.done(),
        clusters=clusters.done(),
        other_failures=clusters.other,
        slowest=tuple(slowest),
        repeated=traces.done(),
    )
