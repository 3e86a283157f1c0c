"""What the source says, read as a syntax tree: at least one of something, or none of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.checks.proof import proofs
from grader.checks.source_calls import DOTTED, CallPattern, Found
from grader.checks.verdict import failed
from grader.frozen import dataclass
from grader.model import Evidence, Location, Observation, Outcome, passed

_KEYS = ("imports", "calls", "decorators", "functions", "uses")

if TYPE_CHECKING:
    from grader.checks.source_program import Program


def _article(noun: str) -> str:
    return "an" if noun.startswith("import") else "a"


@dataclass(frozen=True)
class SourceCode:
    """Each of what is named occurs in the student's own Python files at least once; with `none`, none of it occurs."""

    imports: tuple[str, ...] = ()
    calls: tuple[CallPattern, ...] = ()
    decorators: tuple[CallPattern, ...] = ()
    functions: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    none: bool = False
    file: str | None = None

    def __post_init__(self) -> None:
        if not any(getattr(self, key) for key in _KEYS):
            raise ValueError(f"say what is looked for: {', '.join(_KEYS[:-1])} or {_KEYS[-1]}")
        for key in ("imports", "functions", "uses"):
            for name in getattr(self, key):
                if not DOTTED.fullmatch(name):
                    raise ValueError(f"{key} takes names such as random.randint; this is {name!r}")
        if self.file is not None and (self.file.startswith("/") or ".." in self.file.split("/")):
            raise ValueError(f"file is a path inside the submission, such as main.py; this is {self.file!r}")

    def plan(self, evidence: Evidence) -> Iterable[Observation]:  # noqa: ARG002 - the files are there already
        """Nothing: the text of the files is read before anything is started."""
        return ()

    def judge(self, evidence: Evidence) -> Outcome:
        """Whether it occurs. What the running program proves needs no text."""
        from grader.checks.source_occurrences import Occurrences
        from grader.checks.source_program import program_of

        program = program_of(evidence, self.file)
        if not program.modules and not program.faults:
            what = self.file or "Python file"
            return failed(self._expected, f"there is no {what}", message=f"There is no {what} to read.")
        occurrences = Occurrences(program)
        occurring = {what: list(occurrences.of(key, thing)) for key, what, thing in self._looked_for()}
        if self.none:
            return self._judge_none(evidence, occurring, program)
        return self._judge_all(evidence, occurring, program)

    def _judge_all(self, evidence: Evidence, occurring: dict[str, list[Found]], program: Program) -> Outcome:
        missing = [what for what, found in occurring.items() if not found and not _proved(evidence, what)]
        if not missing:
            places = ", ".join(f"{path}:{line}" for path, line in (found[0] for found in occurring.values() if found))
            return passed(f"Found in {places}." if places else "Proved by the running program.")
        if program.faults:
            return self._unread(evidence, program, f" So {missing[0]} was not found.")
        message = f"There is no {missing[0]} in {self.file or 'the Python files'}."
        return self._failed(evidence, message, self._nearest(program, missing[0]), None)

    def _judge_none(self, evidence: Evidence, occurring: dict[str, list[Found]], program: Program) -> Outcome:
        for what, found in occurring.items():
            if found:
                path, line = found[0]
                others = f", and {len(found) - 1} more" if len(found) > 1 else ""
                message = f"{path}:{line} has {what}{others}, which is not to be used here."
                return self._failed(evidence, message, f"{what} in {path}:{line}{others}", found[0])
        if program.faults:
            return self._unread(evidence, program, "")
        return passed(f"{self._expected[0].upper()}{self._expected[1:]}.")

    def _unread(self, evidence: Evidence, program: Program, so: str) -> Outcome:
        path, fault = program.faults[0]
        where = f" in line {fault.line}" if fault.line else ""
        message = f"{path} cannot be read as Python: {fault.message}{where}.{so}"
        return self._failed(evidence, message, f"{path} is not Python", (path, fault.line))

    def _failed(self, evidence: Evidence, message: str, actual: str, place: Found | None) -> Outcome:
        outcome = failed(self._expected, actual, message=message)
        if place is None:
            return outcome
        file = evidence.file(place[0])
        source = (file.line(place[1]) or "").strip() if file else ""
        return replace(outcome, location=Location(place[0], place[1], source))

    def _nearest(self, program: Program, missing: str) -> str:
        """Something like it that is there."""
        last = re.split(r"[(\s]", missing.partition(" ")[2].removeprefix("of ").lstrip("@"))[0].rpartition(".")[2]
        for module in program.modules:
            for node in (p.node for p in module.placed):
                name = getattr(node, "attr", getattr(node, "id", ""))
                if name == last and isinstance(node, ast.Name | ast.Attribute):
                    return f"{ast.unparse(node)[:80]} in {module.path}:{node.lineno}"
        return "nothing like it was found"

    def _looked_for(self) -> Iterator[tuple[str, str, Any]]:
        """Each thing with its key and its words."""
        words = {
            "imports": "import of {}",
            "functions": "function {}",
            "uses": "use of {}",
        }
        for key, form in words.items():
            for name in getattr(self, key):
                yield key, form.format(name), name
        for decorator in self.decorators:
            yield "decorators", f"decorator @{decorator.shown if decorator.asks else decorator.name}", decorator
        for call in self.calls:
            yield "calls", f"call of {call.shown}", call

    @property
    def _expected(self) -> str:
        things = [what for _, what, _ in self._looked_for()]
        where = f"the file {self.file} holds" if self.file else "the program holds"
        if self.none:
            return f"{where} no {' and no '.join(things)}"
        return f"{where} {' and '.join(f'{_article(what)} {what}' for what in things)}"

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return (f"{self._expected[0].upper()}{self._expected[1:]}.",)


def _proved(evidence: Evidence, what: str) -> bool:
    """Whether the running program shows what the text does not: a template that was rendered was rendered somehow."""
    name = what.removeprefix("call of ").partition("(")[0]
    return name.rpartition(".")[2] == "render_template" and next(proofs(evidence), None) is not None
