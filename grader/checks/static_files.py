"""Are files of a folder served as they are?"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import PurePosixPath

from grader.checks.reach import KNOCKED, beside, serving_mode, start_of, unmade, visits
from grader.checks.verdict import describe, failed, no_server, not_seen
from grader.frozen import dataclass
from grader.model import Condition, Evidence, Exchange, Observation, Outcome, Overlay, Request, Step, passed


@dataclass(frozen=True)
class ServesStatic:
    """A file put into `folder`, beside the entry, is served below `url`."""

    folder: str = "static"
    url: str = "/static/"

    def __post_init__(self) -> None:
        if not (self.url.startswith("/") and self.url.endswith("/")):
            raise ValueError(f"the url of a folder begins and ends with a slash; this is {self.url!r}")

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """One start with a file laid into the folder, and a request for it."""
        yield KNOCKED
        planted, step = self._planted(evidence)
        if not self._in_the_way(evidence):
            yield from visits(evidence, step, (planted,))

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return (f"A file that is put into {self.folder}/ can be fetched under {self.url}.",)

    def judge(self, evidence: Evidence) -> Outcome:
        """Passed when the very bytes come back."""
        expected = f"a file put into {self.folder}/ is served under {self.url}"
        planted, step = self._planted(evidence)
        mode = serving_mode(evidence)
        if mode is None:
            return no_server(evidence, expected)
        file = self._in_the_way(evidence)
        if file:
            from grader.checks.diagnosis import Finding

            hint = f"Make {file} a folder, and put the files to be served into it."
            return failed(expected, f"{file} is a file", Finding(f"{file} is a file, not a folder.", hint))
        start = start_of(evidence, Condition(mode, overlays=(planted,)))
        if start is None or unmade(start):
            return not_seen(expected, start)
        exchange = next((e for s in evidence.under(start.condition) for e in s.answers(step.request)), None)
        if exchange and exchange.status == 200 and exchange.body == planted.content:
            return passed(f"A file in {self.folder}/ is served under {self.url}.", [start.id, exchange.id])
        from grader.checks import diagnosis

        finding = diagnosis.static_failure(evidence, exchange)
        ids = [start.id, exchange.id] if exchange else [start.id]
        return failed(expected, _seen_instead(exchange), finding, evidence=ids)

    def _in_the_way(self, evidence: Evidence) -> str:
        """A file of the student's where the folder should be."""
        folder = PurePosixPath(beside(evidence, self.folder))
        ways = [str(path) for path in (folder, *folder.parents)]
        return next((path for path in ways if evidence.file(evidence.at_home(path))), "")

    def _planted(self, evidence: Evidence) -> tuple[Overlay, Step]:
        """The file that is laid in, under a name that no route can know, and the request for it."""
        digest = sha256(f"{evidence.nonce}\0{self.folder}".encode()).hexdigest()
        name = f"{digest[:16]}.txt"
        path = beside(evidence, f"{self.folder}/{name}")
        return Overlay(path, f"{digest[16:]}\n".encode()), Step(Request(self.url + name))


def _seen_instead(exchange: Exchange | None) -> str:
    """What came where the file was asked for, and is not the file."""
    if exchange is None:
        return "no server was started"
    return describe(exchange) + (", but not with what the file holds" if exchange.status == 200 else "")
