"""Sends the real client to a server that says odd things, and has real checks judge what came.

    python -m tests.hostile.fuzz_responses SEED [RESPONSES]

tries this seed, or the seeds from it on until so many responses were said, and prints each that fails.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from grader import render
from grader.model import (
    CheckResult,
    Condition,
    Evidence,
    Exchange,
    Limits,
    Observation,
    Outcome,
    Report,
    ReportStatus,
    Request,
    Rubric,
    Seen,
    Start,
    StartState,
    Step,
    SubmissionInfo,
)
from grader.pipeline import judge
from grader.probe.client import Client
from grader.rubric import load_rubric
from tests.hostile.odd_responses import BODY_LIMIT, Said, played
from tests.hostile.peak import peak_memory

SECONDS = 0.5  # for a request
MOST_WAITED = SECONDS + 1.0  # a busy machine's delay beside
MOST_CPU = 2.0  # for judging one answer by every check, or for sending
MOST_MEMORY = 400 << 20
_CHECKS = 2
_MOST_ASKED = 8
_RESET = struct.pack("ii", 1, 0)
_LIMITS = Limits(request_seconds=SECONDS, body_bytes=BODY_LIMIT)


class Server:
    """Says on one connection after the other what it is given, from a thread of its own."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = self._listener.getsockname()[1]
        self.says: Iterator[Said] = iter(())
        self.said = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def connect(self, seconds: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), seconds)

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            connection.settimeout(MOST_WAITED)
            self.said += 1
            with connection, contextlib.suppress(OSError):
                self._say(connection, next(self.says))

    def _say(self, connection: socket.socket, said: Said) -> None:
        for part in said.parts:
            connection.sendall(part)
        if said.end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            return
        if said.end == "close":
            connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):  # until the client has had enough: closing before would reset the connection
            pass


class Trial:
    """Tries one seed after the other."""

    def __init__(self) -> None:
        self.server = Server()
        self._rubric = load_rubric(str(Path(__file__).with_name("fuzz.yaml")))
        self._start = Start("s1", Condition(), 0, StartState.LISTENING, answered=True)

    def attempt(self, seed: int) -> None:
        """Raises whatever goes wrong with it."""
        self.server.says = played(seed)
        client = Client(self.server.connect, port=5000, limits=_LIMITS)
        asked = Request("/", "HEAD" if seed % 40 == 0 else "GET", follow=seed % 4 > 0)
        exchanges = [replace(self._sent(client, asked, n), request=Request("/")) for n in range(1 + (seed % 10 == 0))]
        seen = Seen(Observation(steps=(Step(Request("/")),)), self._start, tuple(exchanges))
        evidence = Evidence("n", "main.py", seen=(seen,), seed="s")
        # Every check takes long, and a few of them have met every kind of answer after some hundred seeds.
        rubric = replace(self._rubric, checks=tuple(random.Random(seed).sample(self._rubric.checks, _CHECKS)))
        with _budget("judging", MOST_CPU * _MOST_ASKED):
            evidence = self._conversations(client, rubric, evidence)
        with _budget("judging", MOST_CPU):
            outcomes = judge(rubric, evidence)
        if seed % 100 == 0:
            _render(rubric, evidence, outcomes)

    def _sent(self, client: Client, request: Request, n: int) -> Exchange:
        began = time.monotonic()
        with _budget("sending", MOST_CPU):
            exchange = client.send(request, exchange_id=f"s1.{n + 1}", start_id="s1")
        waited = time.monotonic() - began
        assert waited < MOST_WAITED, f"the request took {waited:.2f} s"
        assert len(exchange.body) <= BODY_LIMIT, f"{len(exchange.body):,} bytes of body"
        assert exchange.status is not None or exchange.failure is not None, "neither an answer nor a reason"
        # What came is cleaned for whoever prints it.
        for text in (exchange.failure.message if exchange.failure else "", exchange.reason, str(exchange.headers)):
            assert text.isprintable(), f"unclean: {text[:200]!r}"
        return exchange

    def _conversations(self, client: Client, rubric: Rubric, evidence: Evidence) -> Evidence:
        """With what the scripts of the checks come to."""
        for wish in (wish for check in rubric.checks for wish in check.check.plan(evidence)):
            if wish.script is None or evidence.of(wish) is not None:
                continue
            answers: list[Exchange] = []
            while len(answers) < _MOST_ASKED and (request := wish.script.next(tuple(answers))) is not None:
                answers.append(self._sent(client, request, 10 + len(answers)))
            evidence = replace(
                evidence, seen=(*evidence.seen, Seen(wish, replace(self._start, id="s2"), tuple(answers)))
            )
        return evidence


@contextlib.contextmanager
def _budget(what: str, seconds: float) -> Iterator[None]:
    """Time of this thread alone, so that a busy machine fails nothing."""
    began = time.thread_time()
    yield
    taken = time.thread_time() - began
    assert taken < seconds, f"{what} took {taken:.2f} s of the processor"


def _render(rubric: Rubric, evidence: Evidence, outcomes: Mapping[str, Outcome]) -> None:
    results = tuple(CheckResult(id, id, "", Fraction(1), Fraction(0), outcome) for id, outcome in outcomes.items())
    report = Report(
        SubmissionInfo("lab", "main.py", "0"), rubric.info, ReportStatus.GRADED, rubric.max_score, rubric.pass_mark,
        score=Fraction(0), checks=results, starts=evidence.starts(), exchanges=evidence.exchanges(),
    )  # fmt: skip
    for name in ("json", "text", "html"):
        text = render.render(report, name)
        assert "\x1b" not in text, f"{name} holds an escape"
        text.encode()


def run(first: int, responses: int) -> int:
    """Try seeds from `first` on until there were so many responses; how many failed. Each is told."""
    trial, failed, seed = Trial(), 0, first
    while seed == first or trial.server.said < responses:
        try:
            trial.attempt(seed)
        except Exception:  # noqa: BLE001 - whatever it is, it should not have come out
            failed += 1
            print(f"python -m tests.hostile.fuzz_responses {seed}\n{traceback.format_exc()}")
        seed += 1
    peak = peak_memory()
    if peak > MOST_MEMORY:
        failed += 1
        print(f"{peak >> 20} MB of memory at the most, with the seeds {first} to {seed - 1}")
    print(f"{trial.server.said} responses, {seed - first} seeds, {failed} failed, {peak >> 20} MB at the most")
    return failed


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1) > 0)
