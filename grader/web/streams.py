"""Steps of jobs, to any number of pages that watch: one thread asks the database, once for all of them."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import and_, or_, select

from grader.courses.database import Database
from grader.courses.tables import Step
from grader.frozen import dataclass

EVERY_SECONDS = 0.25
_FAILED_SECONDS = 2.0  # until a database that is away is asked again
_LOOK_SECONDS = 0.5  # between looks whether anybody still listens
_MOST_OF_VIEWER = 4  # a browser has six connections to one server, for all of its pages


@dataclass(frozen=True)
class News:
    """A step of a job."""

    id: int
    job: int
    kind: str
    text: str
    check: str
    status: str
    hidden: bool


_COLUMNS = (Step.id, Step.job_id, Step.kind, Step.text, Step.check, Step.status, Step.hidden)


class Stream:
    """What one page is told of one job: its steps behind `last`."""

    def __init__(self, viewer: int, job: int, last: int) -> None:
        self.viewer, self.job, self.last = viewer, job, last
        self._news: queue.SimpleQueue[News | None] = queue.SimpleQueue()

    def tell(self, news: News | None) -> None:
        """None: there will be no more."""
        self._news.put(news)

    def next(self, seconds: float) -> News | None:
        """The next step. Raises queue.Empty where none comes in that time."""
        return self._news.get(timeout=seconds)


class Streams:
    """All of a process, `most` of them. The thread runs only while somebody listens."""

    def __init__(self, database: Database, most: int) -> None:
        self._database, self._most = database, most
        self._lock = threading.Lock()
        self._open: set[Stream] = set()
        self._thread: threading.Thread | None = None

    def open(self, viewer: int, job: int, last: int) -> Stream | None:
        """A new one; None where there are too many, so that the page has to ask now and then."""
        with self._lock:
            own = Counter(stream.viewer for stream in self._open)
            if len(self._open) >= self._most or own[viewer] >= _MOST_OF_VIEWER:
                return None
            stream = Stream(viewer, job, last)
            self._open.add(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._ask, name="streams", daemon=True)
                self._thread.start()
            return stream

    def close(self, stream: Stream) -> None:
        """Nobody listens to it any more."""
        with self._lock:
            self._open.discard(stream)

    def close_all(self) -> None:
        """Tell everybody that there will be no more, for now: the server ends."""
        for stream in self._all():
            stream.tell(None)

    def __len__(self) -> int:
        return len(self._open)

    def _all(self) -> Sequence[Stream]:
        with self._lock:
            return list(self._open)

    def _ask(self) -> None:
        while streams := self._listening():
            try:
                self._tell(streams)
            except Exception:  # noqa: BLE001  # whatever it is, whoever listens goes on waiting
                time.sleep(_FAILED_SECONDS)
            time.sleep(EVERY_SECONDS)

    def _listening(self) -> Sequence[Stream]:
        """All streams; where there are none, this thread is nobody's any more."""
        with self._lock:
            if not self._open:
                self._thread = None
            return list(self._open)

    def _tell(self, streams: Sequence[Stream]) -> None:
        least: dict[int, int] = {}
        for stream in streams:
            least[stream.job] = min(least.get(stream.job, stream.last), stream.last)
        behind = or_(*(and_(Step.job_id == job, Step.id > last) for job, last in least.items()))
        with self._database.reading() as db:
            found = [News(*row) for row in db.execute(select(*_COLUMNS).where(behind).order_by(Step.id))]
        for news in found:
            for stream in streams:
                if stream.job == news.job and stream.last < news.id:
                    stream.last = news.id
                    stream.tell(news)


@dataclass(frozen=True)
class Pace:
    """Seconds: between signs of life, of a stream as a whole, and between questions whether its reader may go on."""

    beat: float
    most: float
    ask: float


def waited(
    stream: Stream,
    pace: Pace,
    is_gone: Callable[[], bool] = lambda: False,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Iterator[News | None]:
    """What a stream brings, until it ends, has lasted so long, or whoever listens is gone or may not listen any more;
    None now and then: to write something is the other way to find out that nobody listens. That comes whether there are
    news or not, for its pauses would tell of news that its reader does not see."""
    begun = spoken = asked = time.monotonic()
    while time.monotonic() - begun < pace.most and not is_gone():
        try:
            news, silent = stream.next(min(pace.beat, _LOOK_SECONDS)), False
        except queue.Empty:
            news, silent = None, True
        if time.monotonic() - asked >= pace.ask:
            if not may_go_on():
                return
            asked = time.monotonic()
        if news is None and not silent:
            return
        if news is not None:
            yield news
        if time.monotonic() - spoken >= pace.beat:
            spoken = time.monotonic()
            yield None
