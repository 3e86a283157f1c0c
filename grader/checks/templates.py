"""Which templates are rendered, from which folder, with which variables?"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from grader.checks.proof import Rendered, proofs, swap
from grader.checks.reach import (
    IMPORTED,
    KNOCKED,
    NATURAL,
    answers_of,
    answers_to,
    beside,
    serving_mode,
    start_of,
    starts_of,
    unmade,
    visits,
)
from grader.checks.verdict import broken_page, cut_short, describe, failed, no_server, not_seen, used_up
from grader.frozen import dataclass
from grader.model import (
    AppClaim,
    Condition,
    Evidence,
    Exchange,
    Flag,
    FlagKind,
    Mode,
    Observation,
    Outcome,
    Overlay,
    Request,
    Start,
    Step,
    passed,
)

MOST_SWAPPED = 200  # files that are swapped in one start

_PAGES = (".html", ".htm", ".jinja", ".jinja2", ".j2")
_TEXTS = (".xml", ".txt")


@dataclass(frozen=True)
class TemplateFolder:
    """The app's template folder is `folder`, beside the entry. It need not exist while nothing is rendered."""

    folder: str = "templates"

    def plan(self, evidence: Evidence) -> Iterable[Observation]:  # noqa: ARG002 - as every check; it needs no second look
        """An import, to ask the app object; proofs come from the checks that swap templates."""
        yield Observation(IMPORTED)
        yield Observation(NATURAL)

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return (f"The app looks for its templates in the folder {self.folder}, beside the file that is run.",)

    def judge(self, evidence: Evidence) -> Outcome:
        """A rendered file of the folder proves it; else the app object is asked; else the source is read."""
        message = f"Templates are looked for in {self.folder}/."
        folder = beside(evidence, self.folder)
        proof = next((p for p in proofs(evidence) if p.path.startswith(f"{folder}/")), None)
        if proof:
            return passed(message, [proof.exchange.start, proof.exchange.id])
        expected = f"the app looks for its templates in {self.folder}/ beside {PurePosixPath(evidence.entry).name}"
        imported = start_of(evidence, IMPORTED)
        if imported is None or unmade(imported):
            return not_seen(expected, imported)
        app = _app_of(evidence)
        claimed = app.templates_at if app else None
        if not app and imported.imported:
            claimed = _declared_folder(evidence)
        if claimed == folder:
            flag = Flag(FlagKind.REPORTED_BY_PROGRAM, "The template folder is what the program says of itself.")
            return replace(passed(message, [imported.id]), flags=(flag,) if app else ())
        return _elsewhere(evidence, imported, claimed, expected)


def _elsewhere(evidence: Evidence, imported: Start, claimed: str | None, expected: str) -> Outcome:
    """The app, as far as there is one, looks in another folder."""
    from grader.checks import diagnosis

    if claimed is None and imported.traceback:
        finding = diagnosis.start_failure(evidence, imported)
        return failed(expected, "the file could not be imported", finding, evidence=[imported.id])
    actual = f"the app looks in {claimed}" if claimed else "no app object was found"
    return failed(expected, actual, diagnosis.template_folder(evidence, claimed), evidence=[imported.id])


def _app_of(evidence: Evidence) -> AppClaim | None:
    """The entry's app object: of several, the one with the most routes."""
    conditions = (IMPORTED, Condition(Mode.SERVE))
    apps = [app for condition in conditions for start in starts_of(evidence, condition) for app in start.apps]
    return max(apps, key=lambda app: len(app.routes), default=None)


def _declared_folder(evidence: Evidence) -> str | None:
    """The template folder of the one `Flask(…)` in the entry, where the app is made inside a function."""
    source = evidence.file(evidence.entry)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the student's own escapes and comparisons
            tree = ast.parse((source.text if source else None) or "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _called(n) == "Flask"]
    if len(calls) != 1:
        return None
    given = next((k.value for k in calls[0].keywords if k.arg == "template_folder"), ast.Constant("templates"))
    return beside(evidence, str(given.value)) if isinstance(given, ast.Constant) else None


def _called(call: ast.Call) -> str:
    """The name of what is called, without the module before it."""
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


@dataclass(frozen=True)
class Renders:
    """The page at `path` is rendered by Jinja from `file`, itself or through inheritance or inclusion, and its
    template receives each of `variables`. Proved by swapping the file in a copy.

    Where only variables are asked for, `first` is the template that is tried before all others.
    """

    path: str = "/"
    file: str | None = None
    variables: tuple[str, ...] = ()
    first: str = "templates/base.html"

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"a path begins with a slash; this is {self.path!r}")
        if not (self.file or self.variables):
            raise ValueError("say what is rendered: file or variables")
        for name in self.variables:
            if not name.isidentifier():
                raise ValueError(f"{name!r} cannot be the name of a variable")

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """The page as it is; then with the file swapped; for variables that it did not show, with all swapped."""
        step = Step(Request(self.path))
        yield KNOCKED
        yield Observation(NATURAL, 0, (step,))
        yield from visits(evidence, step)
        if not any(e.ok for e in self._answers(evidence)):
            return
        for overlays in self._swaps(evidence):
            if overlays:
                yield from visits(evidence, step, overlays)

    def _swaps(self, evidence: Evidence) -> Iterable[tuple[Overlay, ...]]:
        """The sets of swapped files, each in a start of its own; the later ones only once the earlier ones are seen."""
        nonce = evidence.nonce
        first = beside(evidence, self.file or self.first)
        if evidence.file(evidence.at_home(first)):
            overlays = (swap(first, nonce),)
            yield overlays
            if not any(s.observation.condition.overlays == overlays for s in evidence.seen):
                return
        silent = dict.fromkeys(p.path for p in self._proofs(evidence) if p.names is None)
        if self.variables and silent:
            yield tuple(swap(path, nonce, self.variables) for path in silent)
        elif self._missing(evidence):
            yield tuple(swap(path, nonce) for path in _templates(evidence))

    def judge(self, evidence: Evidence) -> Outcome:
        """Passed when the page shows that the file was rendered and which variables it received."""
        answers = self._answers(evidence)
        if serving_mode(evidence) is None or not answers:
            return no_server(evidence, self._expected)
        good = next((e for e in answers if e.status == 200 and e.failure is None), None)
        if good is None:
            broken = next((e for e in answers if e.failure is not None), answers[0])
            return broken_page(evidence, self._expected, broken)
        outcome = self._file_fault(evidence) or self._variables_fault(evidence)
        if outcome:
            return outcome
        used = [p.exchange.id for p in self._proofs(evidence)]
        return passed(f"{self._expected[0].upper()}{self._expected[1:]}.", dict.fromkeys([good.start, good.id, *used]))

    def _file_fault(self, evidence: Evidence) -> Outcome | None:
        file = beside(evidence, self.file) if self.file else None
        if file is None or any(p.path == file for p in self._proofs(evidence)):
            return None
        from grader.checks import diagnosis

        if evidence.file(evidence.at_home(file)) is None:
            return failed(self._expected, f"there is no {file}", diagnosis.not_rendered(evidence, file, None))
        condition = Condition(serving_mode(evidence) or Mode.RUN, overlays=(swap(file, evidence.nonce),))
        start = start_of(evidence, condition)
        if start is None or unmade(start):
            return not_seen(self._expected, start)
        exchange = next(iter(answers_of(evidence, condition, Request(self.path))), None)
        if exchange is not None and cut_short([exchange]):
            return broken_page(evidence, self._expected, exchange)
        ids = [start.id, *([exchange.id] if exchange else [])]
        finding = diagnosis.not_rendered(evidence, file, exchange)
        return failed(self._expected, f"with {file} swapped, {_came(exchange)}", finding, evidence=ids)

    def _variables_fault(self, evidence: Evidence) -> Outcome | None:
        missing = self._missing(evidence)
        if not missing:
            return None
        late = next((s for s in evidence.starts() if s.limit == "total" and s.condition.overlays), None)
        if late is not None:  # what was not looked at accuses nobody
            return used_up(self._expected, late.problem, [late.id])
        from grader.checks import diagnosis

        proofs_seen = self._proofs(evidence)
        received = tuple(sorted({name for p in proofs_seen for name in p.names or ()}))
        if proofs_seen:
            actual = f"the template received {', '.join(received) or 'no variable'}"
        else:
            actual = "no template was rendered"
        finding = diagnosis.missing_variable(evidence, missing[0], received)
        return failed(self._expected, actual, finding, evidence=[p.exchange.id for p in proofs_seen])

    def _missing(self, evidence: Evidence) -> tuple[str, ...]:
        received = {name for p in self._proofs(evidence) for name in p.names or ()}
        return tuple(name for name in self.variables if name not in received)

    def _proofs(self, evidence: Evidence) -> tuple[Rendered, ...]:
        """Every swapped template that this page showed."""
        return tuple(p for p in proofs(evidence) if p.exchange.request == Request(self.path))

    def _answers(self, evidence: Evidence) -> tuple[Exchange, ...]:
        return answers_to(evidence, Step(Request(self.path)))

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return (f"{self._expected[0].upper()}{self._expected[1:]}.",)

    @property
    def _expected(self) -> str:
        wanted = [f"the page at {self.path} is rendered from {self.file}"] if self.file else []
        if self.variables:
            wanted.append(f"the template of the page at {self.path} receives {', '.join(self.variables)}")
        return " and ".join(wanted)


def _came(exchange: Exchange | None) -> str:
    """What a page did whose template was swapped, and that does not show it."""
    if exchange is None:
        return "the program started no server"
    return "the page does not show it" if exchange.status == 200 else describe(exchange)


def _templates(evidence: Evidence) -> tuple[str, ...]:
    """The files below home that could be templates, relative to home."""
    below = "" if evidence.home == "." else f"{evidence.home}/"
    found = []
    for file in evidence.files:
        path = PurePosixPath(file.path.removeprefix(below))
        suffixes = _PAGES + _TEXTS if "templates" in path.parts else _PAGES
        if file.path.startswith(below) and path.suffix.lower() in suffixes and "static" not in path.parts:
            found.append(str(path))
    return tuple(found[:MOST_SWAPPED])
