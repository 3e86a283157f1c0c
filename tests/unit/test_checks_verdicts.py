"""What every check type asks to see of a program, and how it judges what was seen.

Programs are described by what can be seen of them from outside; their pages are rendered by the real Jinja.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2.sandbox import SandboxedEnvironment

from grader.checks import CHECKS
from grader.checks.answers import Answers
from grader.checks.distinct import Differs, Distinct
from grader.checks.expectation import Expectation
from grader.checks.listens import FEW_STARTS, MOST_STARTS, Listens, PortRange
from grader.checks.predicates import Predicates
from grader.checks.starting import Guarded, Starts
from grader.checks.static_files import ServesStatic
from grader.checks.templates import Renders, TemplateFolder
from grader.model import (
    Address,
    AppClaim,
    Check,
    CheckStatus,
    Condition,
    Evidence,
    Exchange,
    Exit,
    Failure,
    FailureKind,
    FlagKind,
    Frame,
    Json,
    Mode,
    Observation,
    Outcome,
    Pin,
    Request,
    RouteClaim,
    Seen,
    SourceFile,
    Start,
    StartState,
    Traceback,
)

NONCE = "0123456789abcdef"
DEADLINE = 20.0  # seconds of a processor for what takes minutes where it is done wrongly
RUN = Condition()
IMPORT = Condition(Mode.IMPORT)
SERVE = Condition(Mode.SERVE)
LOW, HIGH = Condition(pin=Pin.LOW), Condition(pin=Pin.HIGH)
CRASH = Traceback(
    "NameError", "name 'random' is not defined", (Frame("main.py", 3, "<module>", own=True),), "NameError"
)
SOURCE = """\
import random
from flask import Flask, render_template
app = Flask(__name__)

@app.route("/")
def home():
    return render_template("base.html", random_number=random.randint(1, 100000))

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
"""
BASE = "<h1>The number is {{ random_number }}</h1>"
NUMBER = "The number is {number}"
HEADING = ("Hello, there!", NUMBER)

Page = Callable[["Program", Condition, int], tuple[int | None, str]]


def finished(program: Program, condition: Condition, count: int) -> tuple[int | None, str]:
    number = {Pin.LOW: 1, Pin.HIGH: 100_000, Pin.NATURAL: 500 + count}[condition.pin]
    return 200, program.render(condition, "templates/base.html", random_number=number)


@dataclass
class Program:
    """A finished lab; each test changes what it is about."""

    page: Page = finished
    runs: StartState = StartState.LISTENING
    run_exit: Exit | None = None
    run_traceback: Traceback | None = None
    imports: StartState = StartState.ENDED
    imported: bool | None = True
    import_traceback: Traceback | None = None
    serves: bool = True
    answers: bool = True
    silent_pins: tuple[Pin, ...] = ()
    host: str = "0.0.0.0"
    ports: Callable[[Condition, int], int] = lambda condition, occurrence: {
        Pin.LOW: 2000, Pin.HIGH: 9000, Pin.NATURAL: 3000 + occurrence
    }[condition.pin]  # fmt: skip
    static: str | None = "/static/"
    apps: tuple[AppClaim, ...] = (AppClaim("app", templates_at="templates"),)
    files: dict[str, str] = field(default_factory=lambda: {"main.py": SOURCE, "templates/base.html": BASE})
    made: list[tuple[Condition, int]] = field(default_factory=list)

    def render(
        self, condition: Condition, name: str, kind: type[jinja2.Environment] = jinja2.Environment, **variables: object
    ) -> str:
        swapped = {o.path: o.content.decode() for o in condition.overlays}
        loader = jinja2.DictLoader({p.removeprefix("templates/"): t for p, t in {**self.files, **swapped}.items()})
        template = kind(loader=loader, autoescape=True).get_template(name.removeprefix("templates/"))
        return template.render(**variables)

    def start(self, condition: Condition, occurrence: int) -> Start:
        self.made.append((condition, occurrence))
        name = f"s{len(self.made)}"
        if condition.mode is Mode.IMPORT:
            start = Start(
                id, condition, occurrence, self.imports, traceback=self.import_traceback, imported=self.imported
            )
            return replace(start, apps=self.apps)
        if condition.mode is Mode.SERVE:
            state = StartState.LISTENING if self.serves else StartState.ENDED
            return Start(name, condition, occurrence, state, Address("127.0.0.1", 5000), answered=self.serves)
        if condition.pin in self.silent_pins or self.runs is not StartState.LISTENING:
            state = StartState.SILENT if condition.pin in self.silent_pins else self.runs
            return Start(name, condition, occurrence, state, exit=self.run_exit, traceback=self.run_traceback)
        address = Address(self.host, self.ports(condition, occurrence))
        return Start(name, condition, occurrence, StartState.LISTENING, address, answered=self.answers)

    def answer(self, start: Start, request: Request, count: int) -> Exchange:
        exchange = Exchange(f"{start.id}.{request.path}.{count}", start.id, request)
        if start.condition.mode is Mode.RUN and not self.answers:
            return replace(exchange, failure=Failure(FailureKind.TIMEOUT, "no complete answer within 5 seconds"))
        status, body = 404, "<h1>Not Found</h1>"
        planted = {f"{self.static}{o.path.removeprefix('static/')}": o.content for o in start.condition.overlays}
        if request.path in planted:
            status, body = 200, planted[request.path].decode()
        elif request.path == "/":
            status, body = self.page(self, start.condition, count)
        failure = Failure(FailureKind.TIMEOUT, "no complete answer within 5 seconds") if status is None else None
        return replace(exchange, status=status, body=body.encode(), failure=failure)

    def series(self, start: Start, observation: Observation) -> Iterable[Exchange]:
        for step in observation.steps if start.listening else ():
            sent: list[Exchange] = []
            while len(sent) < step.at_most:
                sent.append(self.answer(start, step.request, len(sent)))
                if len(sent) >= step.at_least and (step.until is None or step.until.met(tuple(sent))):
                    break
            yield from sent


def observe(program: Program, *checks: Check) -> Evidence:
    """Plan and see, round by round, until nothing new is wanted."""
    files = tuple(SourceFile(p, len(t), t) for p, t in sorted(program.files.items()))
    evidence = Evidence(NONCE, "main.py", files=files)
    starts: dict[tuple[Condition, int], Start] = {}
    for _ in range(40):
        wanted = dict.fromkeys(o for check in checks for o in check.plan(evidence) if evidence.of(o) is None)
        if not wanted:
            return evidence
        for wish in wanted:
            key = (wish.condition, wish.occurrence)
            if key not in starts:
                starts[key] = program.start(*key)
            seen = Seen(wish, starts[key], tuple(program.series(starts[key], wish)))
            evidence = replace(evidence, seen=(*evidence.seen, seen))
    raise AssertionError("the checks never have enough")


def judge(check: Check, program: Program, *others: Check) -> Outcome:
    outcome = check.judge(observe(program, check, *others))
    if outcome.status is CheckStatus.FAILED:
        assert outcome.message
        assert outcome.expected
        assert outcome.actual
        assert outcome.earned == 0
    return outcome


def passes(check: Check, program: Program, *others: Check) -> bool:
    outcome = judge(check, program, *others)
    assert outcome.status in (CheckStatus.PASSED, CheckStatus.FAILED), outcome
    assert (outcome.earned == 1) is (outcome.status is CheckStatus.PASSED)
    return outcome.status is CheckStatus.PASSED


def constant(condition: Condition, occurrence: int) -> int:
    return 5000


def page(body: str, status: int | None = 200) -> Page:
    return lambda program, condition, count: (status, body)


LAB: dict[str, Check] = {
    "starts": Starts(),
    "main-guard": Guarded(),
    "binds-all": Listens(host=("0.0.0.0", "::")),
    "random-port": Listens(port=PortRange(2000, 9000), varies=True),
    "templates-folder": TemplateFolder(),
    "static-folder": ServesStatic(),
    "home-route": Answers(expect=(Expectation(status=Predicates(equals=Json.of(200))), Expectation(page="not empty"))),
    "home-template": Renders(file="templates/base.html"),
    "heading": Answers(expect=(Expectation(css="h1", reads=HEADING),)),
    "number-in-page": Answers(
        pinned=True, expect=(Expectation(css="h1", reads=(NUMBER,), integer=True, from_=1, to=100_000),)
    ),
    "number-random": Answers(distinct=Distinct(css="h1", reads=(NUMBER,))),
    "template-variable": Renders(variables=("random_number",)),
}


def asked_for(path: str, evidence: Evidence) -> int:
    """How often."""
    return sum(e.request.path == path for e in evidence.exchanges())


def lost(program: Program) -> set[str]:
    """The checks of the lab that a program loses, all of them observed together."""
    evidence = observe(program, *LAB.values())
    outcomes = {name: check.judge(evidence) for name, check in LAB.items()}
    assert all(o.status in (CheckStatus.PASSED, CheckStatus.FAILED) for o in outcomes.values())
    return {name for name, outcome in outcomes.items() if outcome.status is CheckStatus.FAILED}


# ------------------------------------------------------------------------------------------------------- the whole lab


def test_the_types_of_the_lab_are_listed() -> None:
    assert {type(check) for check in LAB.values()} <= set(CHECKS.values())


def test_a_finished_lab_loses_nothing_and_costs_seven_starts() -> None:
    program = Program()
    assert lost(program) == set()
    assert len(program.made) == 7
    assert program.made[:2] == [(RUN, 0), (IMPORT, 0)]


def test_the_template_step_loses_what_asks_for_the_number() -> None:
    program = Program(page=lambda p, c, n: (200, p.render(c, "base.html")))
    program.files["templates/base.html"] = "<h1>Hello, there!</h1>"
    assert lost(program) == {"number-in-page", "number-random", "template-variable"}


def test_the_text_step_loses_template_and_heading_too() -> None:
    program = Program(page=page("I love CS253!"), files={"main.py": SOURCE})
    assert lost(program) == {"home-template", "heading", "number-in-page", "number-random", "template-variable"}


def test_a_crash_at_import_loses_everything() -> None:
    program = Program(
        runs=StartState.ENDED,
        run_exit=Exit(1),
        run_traceback=CRASH,
        imported=False,
        import_traceback=CRASH,
        apps=(),
    )
    assert lost(program) == set(LAB)
    assert {condition for condition, _ in program.made} == {RUN, IMPORT}


def test_a_start_that_fails_does_not_cost_the_pages() -> None:
    program = Program(runs=StartState.ENDED, run_exit=Exit(1), run_traceback=CRASH)
    assert lost(program) == {"starts", "binds-all", "random-port"}


def test_a_program_that_hangs_at_import_is_not_waited_for_again_and_again() -> None:
    program = Program(runs=StartState.SILENT, imports=StartState.SILENT, imported=None, apps=())
    assert lost(program) == set(LAB)
    assert len(program.made) == 2


@pytest.mark.parametrize("check", LAB.values(), ids=LAB)
def test_what_was_never_seen_is_not_the_students_fault(check: Check) -> None:
    assert check.judge(Evidence(NONCE, "main.py")).status is CheckStatus.ERROR


@pytest.mark.parametrize("check", LAB.values(), ids=LAB)
def test_plan_and_judge_are_pure(check: Check) -> None:
    evidence = observe(Program(), *LAB.values())
    assert list(check.plan(evidence)) == list(check.plan(evidence))
    assert check.judge(evidence) == check.judge(evidence)


# -------------------------------------------------------------------------------------------------------------- starts


def test_any_answer_on_any_path_is_a_start() -> None:
    assert passes(Starts(), Program(page=page("", None)))
    assert passes(Starts(), Program(page=page("crash", 500)))


def test_a_page_that_hangs_is_asked_after_a_path_that_does_not() -> None:
    (observation,) = Starts().plan(Evidence(NONCE))
    assert [step.request.path for step in observation.steps] == ["/favicon.ico", "/"]


def test_a_server_that_answers_nothing_has_not_started() -> None:
    outcome = judge(Starts(), Program(answers=False))
    assert outcome.status is CheckStatus.FAILED
    assert outcome.evidence == ("s1",)


def test_a_program_that_ends_starts_no_server() -> None:
    assert not passes(Starts(), Program(runs=StartState.ENDED, run_exit=Exit(0)))


def test_a_start_that_the_grader_could_not_make_is_its_own_fault() -> None:
    program = Program(runs=StartState.FAILED)
    assert judge(Starts(), program).status is CheckStatus.ERROR


# --------------------------------------------------------------------------------------------------------------- guard


@pytest.mark.parametrize(
    "program",
    [
        Program(),
        Program(runs=StartState.ENDED, run_exit=Exit(1), run_traceback=CRASH),
        Program(runs=StartState.ENDED, run_exit=Exit(3)),
        Program(runs=StartState.ENDED, run_exit=Exit(signal=11)),
        Program(runs=StartState.ENDED, run_exit=Exit(0), run_traceback=CRASH),
        Program(runs=StartState.SILENT),
        Program(imported=False, import_traceback=CRASH),
    ],
    ids=["listens", "crashes", "exit status", "signal", "crash in a thread", "hangs", "works only when run"],
)
def test_what_happens_only_when_run_is_guarded(program: Program) -> None:
    assert passes(Guarded(), program)


@pytest.mark.parametrize(
    ("program", "actual"),
    [
        (Program(imports=StartState.LISTENING, imported=None), "importing main.py starts a server"),
        (Program(imports=StartState.LISTENING, imported=True), "importing main.py starts a server"),
        (Program(runs=StartState.ENDED, run_exit=Exit(0)), "running main.py ends without starting a server"),
        (
            Program(runs=StartState.ENDED, run_exit=Exit(1), imported=False, import_traceback=CRASH),
            "importing main.py ends with an error",
        ),
        (
            Program(runs=StartState.SILENT, imports=StartState.SILENT, imported=None),
            "importing main.py does not come to its end",
        ),
        (Program(imports=StartState.SILENT, imported=None), "importing main.py does not come to its end"),
    ],
)
def test_what_happens_at_import_is_not_guarded(program: Program, actual: str) -> None:
    outcome = judge(Guarded(), program)
    assert (outcome.status, outcome.actual) == (CheckStatus.FAILED, actual)


@pytest.mark.parametrize("guard", ['if __name__ == "main":', "if name == '__main__':", 'if __name__ == "__main":'])
def test_a_wrong_guard_is_named(guard: str) -> None:
    program = Program(runs=StartState.ENDED, run_exit=Exit(0))
    program.files["main.py"] = SOURCE.replace('if __name__ == "__main__":', guard)
    outcome = judge(Guarded(), program)
    assert outcome.location is not None
    assert outcome.location.source == guard


@pytest.mark.parametrize("source", ["\n" * 300_000, "if " * 100_000, "import " * 40_000, "if name" * 40_000])
def test_a_source_made_to_be_slow_is_read_in_bounded_time(source: str) -> None:
    program = Program(runs=StartState.ENDED, run_exit=Exit(0), ports=constant, files={"main.py": source})
    began = time.process_time()
    assert not passes(Guarded(), program)
    assert not passes(LAB["random-port"], Program(ports=constant, files={"main.py": source}))
    assert time.process_time() - began < DEADLINE


def test_a_program_without_any_run_call_is_told_to_run() -> None:
    program = Program(runs=StartState.ENDED, run_exit=Exit(0))
    program.files["main.py"] = SOURCE[: SOURCE.index("if __name__")]
    outcome = judge(Guarded(), program)
    assert "app.run" in outcome.message + outcome.hint


# ------------------------------------------------------------------------------------------------------------- address


@pytest.mark.parametrize(("host", "right"), [("0.0.0.0", True), ("::", True), ("127.0.0.1", False), ("::1", False)])
def test_the_host_is_what_the_socket_was_bound_to(host: str, right: bool) -> None:
    program = Program(host=host)
    assert passes(LAB["binds-all"], program) is right
    assert program.made == [(RUN, 0)]


def test_a_constant_port_pays_three_natural_starts() -> None:
    program = Program(ports=constant)
    outcome = judge(LAB["random-port"], program)
    assert outcome.status is CheckStatus.FAILED
    assert outcome.actual == f"port 5000 at each of {FEW_STARTS} starts"
    assert len(program.made) == FEW_STARTS + 2


def test_a_port_that_follows_the_clock_is_waited_for() -> None:
    program = Program(ports=lambda condition, occurrence: 5000 + (occurrence > 15))
    program.files["main.py"] = "import time\n" + SOURCE
    assert passes(LAB["random-port"], program)


def test_a_seeded_port_pays_all_starts() -> None:
    program = Program(ports=lambda condition, occurrence: {Pin.LOW: 2000, Pin.HIGH: 9000}.get(condition.pin, 4711))
    assert not passes(LAB["random-port"], program)
    assert len(program.made) == MOST_STARTS + 2


def test_two_ports_that_collide_at_first_are_told_apart() -> None:
    ports = {Pin.LOW: 3000, Pin.HIGH: 4000}
    program = Program(ports=lambda condition, occurrence: ports.get(condition.pin, 3000 + 1000 * (occurrence == 6)))
    assert passes(LAB["random-port"], program)
    assert len(program.made) == 7 + 2


@pytest.mark.parametrize(
    ("low", "high", "natural", "right"),
    [
        (2000, 9000, 3000, True),
        (1000, 9000, 3000, False),
        (2000, 9001, 3000, False),
        (1999, 9000, 3000, False),
        (2000, 9000, 9500, False),
    ],
)
def test_ports_are_judged_at_both_ends_of_their_range(low: int, high: int, natural: int, right: bool) -> None:
    ends = {Pin.LOW: low, Pin.HIGH: high}
    program = Program(ports=lambda condition, occurrence: ends.get(condition.pin, natural + occurrence))
    assert passes(LAB["random-port"], program) is right


def test_a_pinned_start_that_does_not_listen_is_flagged_and_not_charged() -> None:
    outcome = judge(LAB["random-port"], Program(silent_pins=(Pin.LOW,)))
    assert outcome.status is CheckStatus.PASSED
    assert [flag.kind for flag in outcome.flags] == [FlagKind.PIN_DISCARDED]
    assert "low" in outcome.flags[0].message


def test_a_lost_start_loses_the_address() -> None:
    program = Program(runs=StartState.ENDED, run_exit=Exit(1), run_traceback=CRASH)
    outcome = judge(LAB["random-port"], program)
    assert outcome.status is CheckStatus.FAILED
    assert outcome.actual == "no server was started"
    assert not any(condition.pin is not Pin.NATURAL for condition, _ in program.made)


@pytest.mark.parametrize("check", ["binds-all", "random-port"])
def test_a_socket_that_listens_and_never_answers_earns_nothing_for_its_address(check: str) -> None:
    outcome = judge(LAB[check], Program(answers=False))
    assert outcome.status is CheckStatus.FAILED
    assert outcome.actual == "no server answered"


def test_a_range_without_varies_needs_one_natural_start() -> None:
    program = Program(ports=constant)
    assert passes(Listens(port=PortRange(2000, 9000)), program)
    assert program.made == [(RUN, 0), (LOW, 0), (HIGH, 0)]


# ------------------------------------------------------------------------------------------------------------- folders


def test_a_rendered_file_of_the_folder_proves_it_whatever_the_app_object_says() -> None:
    outcome = judge(TemplateFolder(), Program(apps=()), LAB["home-template"])
    assert outcome.status is CheckStatus.PASSED
    assert outcome.flags == ()


def test_an_app_that_renders_nothing_is_asked_and_the_report_says_so() -> None:
    outcome = judge(TemplateFolder(), Program())
    assert outcome.status is CheckStatus.PASSED
    assert [flag.kind for flag in outcome.flags] == [FlagKind.REPORTED_BY_PROGRAM]


@pytest.mark.parametrize("folder", ["Templates", "template", "/srv/templates", "static/templates"])
def test_another_template_folder_is_wrong(folder: str) -> None:
    outcome = judge(TemplateFolder(), Program(apps=(AppClaim("app", templates_at=folder),)))
    assert outcome.status is CheckStatus.FAILED
    assert outcome.actual == f"the app looks in {folder}"


def test_of_several_apps_the_one_with_routes_counts() -> None:
    route = RouteClaim("/", ("GET",), "home", needs_values=False)
    apps = (AppClaim("old", templates_at="views"), AppClaim("app", templates_at="templates", routes=(route,)))
    assert passes(TemplateFolder(), Program(apps=apps))


@pytest.mark.parametrize(
    ("call", "right"),
    [("Flask(__name__)", True), ('Flask(__name__, template_folder="templates")', True),
     ('flask.Flask(__name__, template_folder="views")', False), ("Flask(__name__, template_folder=FOLDER)", False),
     ("(Flask(__name__), Flask(__name__))", False), ("None", False)],
)  # fmt: skip
def test_an_app_made_inside_a_function_is_read_from_the_source(call: str, right: bool) -> None:
    program = Program(apps=(), files={"main.py": f"def main():\n    app = {call}\n"})
    assert passes(TemplateFolder(), program) is right


@pytest.mark.parametrize("source", ["def (", "\0", "(" * 5000, "\n" * 300_000, "a" + "()" * 900, r"x = '\d' is 1"])
def test_a_source_that_cannot_be_read_declares_no_folder(source: str) -> None:
    assert not passes(TemplateFolder(), Program(apps=(), files={"main.py": source}))


def test_a_file_in_static_is_served_with_its_bytes() -> None:
    outcome = judge(ServesStatic(), Program())
    assert outcome.status is CheckStatus.PASSED
    assert outcome.evidence[1].startswith("s2./static/")


@pytest.mark.parametrize("url", [None, "/assets/", "/"])
def test_a_file_that_is_not_served_where_it_should_be_is_lost(url: str | None) -> None:
    outcome = judge(ServesStatic(), Program(static=url))
    assert outcome.status is CheckStatus.FAILED
    assert outcome.actual.endswith("answered 404")


def test_a_catch_all_page_is_no_static_file() -> None:
    class CatchAll(Program):
        def answer(self, start: Start, request: Request, count: int) -> Exchange:
            return replace(super().answer(start, request, count), status=200, body=b"<h1>Hello</h1>")

    outcome = judge(ServesStatic(), CatchAll())
    assert outcome.status is CheckStatus.FAILED
    assert outcome.actual.endswith("but not with what the file holds")


def test_an_app_object_is_served_where_running_starts_nothing() -> None:
    program = Program(runs=StartState.ENDED, run_exit=Exit(0))
    assert passes(ServesStatic(), program)
    assert [condition.mode for condition, _ in program.made] == [Mode.RUN, Mode.SERVE]


def test_without_any_server_the_reason_is_the_start() -> None:
    program = Program(runs=StartState.ENDED, run_exit=Exit(1), run_traceback=CRASH, serves=False)
    for name in ("static-folder", "home-route", "number-random", "home-template"):
        assert not passes(LAB[name], program)


# ---------------------------------------------------------------------------------------------------------------- page


@pytest.mark.parametrize(("body", "status", "right"), [("I love CS253!", 200, True), (" \n", 200, False),
    ("Not Found", 404, False), ("crash", 500, False), ("", None, False), ("<img src=cat.png>", 200, True)])  # fmt: skip
def test_home_wants_a_page_with_something_on_it(body: str, status: int | None, right: bool) -> None:
    assert passes(LAB["home-route"], Program(page=page(body, status))) is right


@pytest.mark.parametrize(
    ("body", "heading", "number"),
    [
        ("<h1>Hello, there!</h1>", True, False),
        ("<h1>the NUMBER is: <b>5</b>.</h1>", True, True),
        ("<h1>Welcome</h1><h1>The number is 5</h1>", True, True),
        ("<h1>The number is 12,345</h1>", True, True),
        ("<h1>The number is -5</h1>", True, False),
        ("<h1>The number is 512.3</h1>", True, False),
        ("<h1>The number is 5.0</h1>", True, False),
        ("<h1>The number is 0</h1>", True, False),
        ("<h1>The number is 100001</h1>", True, False),
        ("<h1>The number is 1e5</h1>", True, False),
        ("<h1>The number is 100000</h1>", True, True),
        ("<h1>The number is </h1>", False, False),
        ("<h1>Teh number is 5</h1>", False, False),
        ("<h2>The number is 5</h2>", False, False),
        ("<h1>The number is 5 today</h1>", False, False),
        ("<p>The number is 5</p>", False, False),
    ],
)
def test_heading_and_number_are_judged_apart(body: str, heading: bool, number: bool) -> None:
    program = Program(page=page(body))
    assert passes(LAB["heading"], program) is heading
    assert passes(LAB["number-in-page"], program) is number


@pytest.mark.parametrize("name", ["heading", "number-in-page", "number-random", "home-template", "template-variable"])
def test_a_page_that_crashed_loses_what_needs_it_with_the_crash_as_reason(name: str) -> None:
    outcome = judge(LAB[name], Program(page=page("<h1>The number is 5</h1>", 500)))
    assert outcome.status is CheckStatus.FAILED
    assert outcome.actual == "GET / answered 500"


@pytest.mark.parametrize(("low", "high", "right"), [(1, 100_000, True), (0, 100_000, False), (1, 100_001, False)])
def test_the_number_is_judged_at_both_ends_of_its_range(low: int, high: int, right: bool) -> None:
    numbers = {Pin.LOW: low, Pin.HIGH: high}
    program = Program(page=lambda p, c, n: (200, f"<h1>The number is {numbers.get(c.pin, 42)}</h1>"))
    assert passes(LAB["number-in-page"], program) is right
    assert passes(LAB["heading"], program)


@pytest.mark.parametrize("status", [500, None])
def test_a_pinned_page_that_breaks_is_flagged_and_not_charged(status: int | None) -> None:
    broken = (status, "")
    program = Program(page=lambda p, c, n: broken if c.pin is Pin.HIGH else (200, "<h1>The number is 5</h1>"))
    outcome = judge(LAB["number-in-page"], program)
    assert outcome.status is CheckStatus.PASSED
    assert [flag.kind for flag in outcome.flags] == [FlagKind.PIN_DISCARDED]
    assert "high" in outcome.flags[0].message


def test_a_pinned_start_without_a_server_is_not_charged_to_the_page() -> None:
    outcome = judge(LAB["number-in-page"], Program(silent_pins=(Pin.LOW, Pin.HIGH)))
    assert outcome.status is CheckStatus.PASSED
    assert len(outcome.flags) == 2


@pytest.mark.parametrize("name", LAB)
def test_what_was_asked_is_told_in_the_same_words_whatever_was_drawn(name: str) -> None:
    one, other = (judge(LAB[name], Program(page=page(f"<h1>Oh</h1><p>{n}</p>"))) for n in (7, 8))
    assert (one.status, one.expected) == (other.status, other.expected)


# -------------------------------------------------------------------------------------------------------------- random


def counting(template: str) -> Page:
    return lambda program, condition, count: (200, template.format(count))


@pytest.mark.parametrize(
    ("changing", "right"),
    [
        ("<h1>The number is {}</h1>", True),
        ("<h1>Teh number is {}</h1>", True),
        ("<h2>The number is {}</h2>", True),
        ("<p>The number is {}</p><p>3 of 4</p>", True),
        ("<h1>Hello</h1><p>{}</p>", True),
        ("<h1>The number is 5</h1><p>{}</p>", False),
        ("<h1>Teh number is 5</h1><p>{}</p>", False),
        ("<h1>Hello, there!</h1>", False),
        ("<h1>The number is 5</h1>", False),
    ],
)
def test_the_pages_number_must_change(changing: str, right: bool) -> None:
    assert passes(LAB["number-random"], Program(page=counting(changing))) is right


def test_a_number_that_never_changes_is_asked_for_often_and_a_changing_one_twice() -> None:
    constant_page = observe(Program(page=page("<h1>The number is 5</h1>")), LAB["number-random"])
    changing_page = observe(Program(), LAB["number-random"])
    assert asked_for("/", constant_page) == 21
    assert asked_for("/", changing_page) == 2


def test_a_page_that_hangs_is_asked_for_once() -> None:
    assert asked_for("/", observe(Program(page=page("", None)), LAB["number-random"])) == 1


def test_errors_among_the_answers_are_skipped() -> None:
    def flaky(program: Program, condition: Condition, count: int) -> tuple[int | None, str]:
        return (500, "<h1>The number is 9</h1>") if count % 3 == 0 else (200, f"<h1>The number is {count // 6}</h1>")

    assert passes(LAB["number-random"], Program(page=flaky))


def test_numbers_of_different_starts_are_not_compared() -> None:
    def once_per_start(program: Program, condition: Condition, count: int) -> tuple[int | None, str]:
        return 200, f"<h1>The number is {len(program.made)}</h1>"

    check = LAB["number-random"]
    program = Program(page=once_per_start)
    evidence = observe(program, check)
    (knocked, seen) = evidence.seen
    again = replace(seen.exchanges[0], id="other", start="s9", body=b"<h1>The number is 77</h1>")
    elsewhere = Seen(replace(seen.observation, occurrence=1), replace(seen.start, id="s9", occurrence=1), (again,))
    assert check.judge(replace(evidence, seen=(knocked, seen, elsewhere))).status is CheckStatus.FAILED


# ----------------------------------------------------------------------------------------------------------- templates


def rendering(name: str, **variables: object) -> Page:
    return lambda program, condition, count: (200, program.render(condition, name, **variables))


def test_one_swap_proves_file_and_variable() -> None:
    program = Program()
    evidence = observe(program, LAB["home-template"], LAB["template-variable"])
    assert LAB["home-template"].judge(evidence).status is CheckStatus.PASSED
    assert LAB["template-variable"].judge(evidence).status is CheckStatus.PASSED
    assert len(program.made) == 2


def test_another_file_with_the_right_variable_loses_the_file_only() -> None:
    program = Program(page=lambda p, c, n: (200, p.render(c, "index.html", random_number=n + 1)))
    program.files = {"main.py": SOURCE, "templates/index.html": BASE, "templates/other.html": "x"}
    assert lost(program) == {"home-template"}


def test_a_base_file_that_is_there_but_not_used_costs_one_more_start() -> None:
    program = Program(page=rendering("index.html", random_number=5))
    program.files["templates/index.html"] = BASE
    assert not passes(LAB["home-template"], program)
    program.made.clear()
    assert passes(LAB["template-variable"], program)
    assert len(program.made) == 3


def test_a_file_that_does_not_exist_is_not_created() -> None:
    program = Program(page=page("<h1>Hello, there!</h1>"), files={"main.py": SOURCE})
    outcome = judge(LAB["home-template"], program)
    assert outcome.status is CheckStatus.FAILED
    assert outcome.actual == "there is no templates/base.html"
    assert not any(condition.overlays for condition, _ in program.made)


@pytest.mark.parametrize("names", [{}, {"random_num": 5}, {"number": 5, "Random_number": 6}])
def test_a_variable_of_another_name_is_lost(names: dict[str, Any]) -> None:
    outcome = judge(LAB["template-variable"], Program(page=rendering("base.html", **names)))
    assert outcome.status is CheckStatus.FAILED
    assert all(name in outcome.actual for name in names)


def test_a_variable_whose_value_is_undefined_elsewhere_still_arrived() -> None:
    assert passes(LAB["template-variable"], Program(page=rendering("base.html", random_number=None)))


def test_a_sandboxed_engine_is_asked_for_the_names() -> None:
    def sandboxed(program: Program, condition: Condition, count: int) -> tuple[int | None, str]:
        return 200, program.render(condition, "base.html", SandboxedEnvironment, random_number=5)

    program = Program(page=sandboxed)
    assert passes(LAB["template-variable"], program)
    assert len(program.made) == 3
    assert not passes(Renders(variables=("random_num",)), program)


def test_a_page_read_with_open_and_filled_by_replace_is_not_rendered() -> None:
    def replaced(program: Program, condition: Condition, count: int) -> tuple[int | None, str]:
        swapped = {o.path: o.content.decode() for o in condition.overlays}
        source = swapped.get("templates/base.html", program.files["templates/base.html"])
        return 200, source.replace("{{ random_number }}", str(count + 1))

    assert lost(Program(page=replaced)) == {"home-template", "template-variable"}


def test_a_macro_library_that_breaks_when_swapped_is_not_the_rendered_file() -> None:
    def importing(program: Program, condition: Condition, count: int) -> tuple[int | None, str]:
        try:
            return 200, program.render(condition, "index.html", random_number=5)
        except (AttributeError, jinja2.TemplateError):
            return 500, "Internal Server Error"

    program = Program(page=importing)
    program.files["templates/base.html"] = "{% macro title(n) %}<h1>The number is {{ n }}</h1>{% endmacro %}"
    program.files["templates/index.html"] = '{% from "base.html" import title %}{{ title(random_number) }}'
    outcome = judge(LAB["home-template"], program)
    assert outcome.status is CheckStatus.FAILED
    assert outcome.actual.endswith("answered 500")
    assert passes(LAB["template-variable"], program)


def test_templates_are_swapped_where_the_entry_is_at_home_and_never_in_static() -> None:
    files = {"lab/main.py": "", "lab/templates/a.html": "", "lab/templates/b.txt": "", "lab/notes.txt": "",
             "lab/static/c.html": "", "other/templates/d.html": ""}  # fmt: skip
    evidence = Evidence(NONCE, "lab/main.py", "lab", tuple(SourceFile(p, 0, t) for p, t in files.items()))
    start = Start("s1", RUN, 0, StartState.LISTENING, Address("0.0.0.0", 5000), answered=True)
    observation = list(LAB["template-variable"].plan(evidence))[-1]
    exchange = Exchange("s1.1", "s1", Request("/"), status=200, body=b"<h1>5</h1>")
    evidence = replace(evidence, seen=(Seen(observation, start, (exchange,)),))
    swapped = [o.path for wish in LAB["template-variable"].plan(evidence) for o in wish.condition.overlays]
    assert swapped == ["templates/a.html", "templates/b.txt"]


def test_the_folders_of_a_package_are_its_own() -> None:
    files = tuple(SourceFile(p, 0, "") for p in ("lab/app/__init__.py", "lab/app/templates/base.html"))
    start = Start("s1", RUN, 0, StartState.LISTENING, Address("0.0.0.0", 5000), answered=True)
    exchange = Exchange("s1.1", "s1", Request("/"), status=200, body=b"<h1>5</h1>")
    claim = AppClaim("app", templates_at="app/templates")
    asked = Start("s2", IMPORT, 0, StartState.ENDED, apps=(claim,), imported=True)
    evidence = Evidence(NONCE, "lab/app/__init__.py", "lab", files)
    (_, natural) = LAB["home-template"].plan(evidence)
    evidence = replace(evidence, seen=(Seen(natural, start, (exchange,)), Seen(Observation(IMPORT), asked)))
    assert LAB["templates-folder"].judge(evidence).status is CheckStatus.PASSED
    laid = {o.path for check in LAB.values() for wish in check.plan(evidence) for o in wish.condition.overlays}
    assert {path.rpartition("/")[0] for path in laid} == {"app/templates", "app/static"}


# ------------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Listens(), "host, port or varies"),
        (lambda: PortRange(9000, 2000), "the lower one stands first"),
        (lambda: PortRange(0, 70000), "0 to 65535"),
        (lambda: Answers(), "expect or distinct"),
        (lambda: Answers(path="home", distinct=Distinct(css="h1")), "begins with a slash"),
        (lambda: Answers(method="get", distinct=Distinct(css="h1")), "in capitals"),
        (lambda: ServesStatic(url="/static"), "ends with a slash"),
        (lambda: Renders(), "file or variables"),
        (lambda: Renders(path="x", file="a"), "begins with a slash"),
        (lambda: Renders(variables=("a b",)), "name of a variable"),
        (lambda: Expectation(), "says what to look at: one of status"),
        (lambda: Expectation(status=Predicates(equals=Json.of(200)), page="not empty"), "second query"),
        (lambda: Expectation(status=Predicates(equals=Json.of(200)), reads=("x",)), "takes what is asked as its value"),
        (lambda: Expectation(css=" ", reads=("x",)), "css is empty"),
        (lambda: Expectation(css="h1", reads=("Hello",), integer=True), "holds no {number}"),
        (lambda: Expectation(css="h1", reads=("{number}",), from_=5, to=1), "leaves no number"),
        (lambda: Distinct(css="h1", reads=("{name}",)), "stands for nothing"),
    ],
)
def test_parameters_that_ask_for_nothing_sensible_are_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("{", r"\{").replace("}", r"\}")):
        make()


def test_repeating_stops_at_two_numbers_or_no_answer() -> None:
    until = Differs(Distinct(css="h1", reads=(NUMBER,)))

    def shown(text: str, status: int | None = 200) -> Exchange:
        return Exchange("e", "s1", Request(), status=status, body=f"<h1>The number is {text}</h1>".encode())

    assert not until.met(())
    assert not until.met((shown("1"), shown("1")))
    assert not until.met((shown("1"), shown("2", 500)))
    assert until.met((shown("1"), shown("1"), shown("2")))
    assert until.met((shown("", None),))


@pytest.mark.parametrize(
    ("page", "most"),
    [
        pytest.param("<p>x</p>" * 50, 21, id="small"),
        pytest.param("<p>x</p>" * 4_000, 8, id="large", marks=pytest.mark.slow),
        pytest.param("<p>x</p>" * 10_001, 2, id="too large", marks=pytest.mark.slow),
    ],
)
def test_large_pages_are_asked_for_less_often(page: str, most: int) -> None:
    """A page that changes but for its number, each parsed anew; what is read elsewhere costs no parsing."""
    answers = tuple(
        Exchange(
            f"e{count}", "s1", Request(), status=200, body=f"<h1>The number is 5</h1><!--{count}-->{page}".encode()
        )
        for count in range(21)
    )
    until = Differs(Distinct(css="h1", reads=(NUMBER,)))
    assert next((count for count in range(1, 21) if until.met(answers[:count])), 21) == most
    large = tuple(replace(answer, body=answer.body + b" " * 500_000) for answer in answers[:12])
    assert until.met(large) or most < 8
    assert not any(Differs(Distinct(regex="number is 5")).met(answers[:count]) for count in range(1, 21))


def test_a_number_behind_what_is_read_of_a_page_is_not_called_constant() -> None:
    check = Answers(distinct=Distinct(css="h1", reads=(NUMBER,)))
    page = "<h1>The number is 5</h1>" + "<p>x</p>" * 10_001
    outcome = judge(check, Program(page=lambda *_: (200, page)))
    assert outcome.status is CheckStatus.FAILED
    assert "too large to be read to its end: at most 20,000 tags" in outcome.message
    assert "constant" not in outcome.message


def test_a_finished_lab_never_loads_the_diagnosis() -> None:
    code = (
        "import sys, grader.checks; print([m for m in sys.modules if m.startswith(('grader.checks.diagnosis', 'bs4'))])"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], check=True, cwd=root, capture_output=True, text=True)
    assert found.stdout == "[]\n"
