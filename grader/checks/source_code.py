"""What the source says, read as a syntax tree: at least one of something, or none of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, ClassVar

from grader.checks.proof import proofs
from grader.checks.reach import beside
from grader.checks.verdict import failed
from grader.frozen import dataclass
from grader.model import Evidence, Json, Location, Observation, Outcome, passed

_MOST_FILES = 200
_MOST_BYTES = 4 << 20
_DOTTED = re.compile(r"(?:\*\.)?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ANYTHING = Json.of("...")
_KEYS = ("imports", "calls", "decorators", "functions", "uses")

Found = tuple[str, int]  # a file and a line


@dataclass(frozen=True)
class CallPattern:
    """A call: what is called, and the values that it is given; `...` stands for any. A name alone will do."""

    SHORTHAND: ClassVar[str] = "name"

    name: str
    arguments: tuple[Json, ...] = ()
    keywords: tuple[tuple[str, Json], ...] = ()

    def __post_init__(self) -> None:
        if not _DOTTED.fullmatch(self.name):
            raise ValueError(f"name is that of a function, such as random.randint or *.execute; this is {self.name!r}")

    @property
    def shown(self) -> str:
        """As Python writes it."""
        given = ["…" if a == _ANYTHING else _python(a) for a in self.arguments]
        given += [f"{name}={'…' if value == _ANYTHING else _python(value)}" for name, value in self.keywords]
        return f"{self.name}({', '.join(given)})"


def _python(value: Json) -> str:
    return repr(value.value)


@dataclass(frozen=True)
class SourceCode:
    """Each of what is named occurs in the student's own Python files at least once; with `none`, none of it occurs."""

    imports: tuple[str, ...] = ()
    calls: tuple[CallPattern, ...] = ()
    decorators: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    none: bool = False
    file: str | None = None

    def __post_init__(self) -> None:
        if not any(getattr(self, key) for key in _KEYS):
            raise ValueError(f"say what is looked for: {', '.join(_KEYS[:-1])} or {_KEYS[-1]}")
        for key in ("imports", "decorators", "functions", "uses"):
            for name in getattr(self, key):
                if not _DOTTED.fullmatch(name):
                    raise ValueError(f"{key} takes names such as random.randint; this is {name!r}")
        if self.file is not None and (self.file.startswith("/") or ".." in self.file.split("/")):
            raise ValueError(f"file is a path inside the submission, such as main.py; this is {self.file!r}")

    def plan(self, evidence: Evidence) -> Iterable[Observation]:  # noqa: ARG002 - the files are there already
        """Nothing: the text of the files is read before anything is started."""
        return ()

    def judge(self, evidence: Evidence) -> Outcome:
        """Whether it occurs. What the running program proves needs no text."""
        modules, faults = _modules(evidence, self.file)
        if not modules and not faults:
            what = self.file or "Python file"
            return failed(self._expected, f"there is no {what}", message=f"There is no {what} to read.")
        occurring = {what: list(_occurrences(modules, key, thing)) for key, what, thing in self._looked_for()}
        if self.none:
            return self._judge_none(evidence, occurring, faults)
        missing = [what for what, found in occurring.items() if not found and not _proved(evidence, what)]
        if not missing:
            places = ", ".join(f"{path}:{line}" for path, line in (found[0] for found in occurring.values() if found))
            return passed(f"Found in {places}." if places else "Proved by the running program.")
        if faults:
            path, line, words = faults[0]
            message = f"{path} cannot be read as Python: {words} in line {line}. So {missing[0]} was not found."
            return self._failed(evidence, message, f"{path} is not Python", (path, line))
        message = f"There is no {missing[0]} in {self.file or 'the Python files'}."
        return self._failed(evidence, message, self._nearest(modules, missing[0]), None)

    def _judge_none(
        self, evidence: Evidence, occurring: dict[str, list[Found]], faults: list[tuple[str, int, str]]
    ) -> Outcome:
        for what, found in occurring.items():
            if found:
                path, line = found[0]
                others = f", and {len(found) - 1} more" if len(found) > 1 else ""
                message = f"{path}:{line} has {what}{others}, which is not to be used here."
                return self._failed(evidence, message, f"{what} in {path}:{line}{others}", found[0])
        if faults:
            path, line, words = faults[0]
            message = f"{path} cannot be read as Python: {words} in line {line}."
            return self._failed(evidence, message, f"{path} is not Python", (path, line))
        return passed(f"{self._expected[0].upper()}{self._expected[1:]}.")

    def _failed(self, evidence: Evidence, message: str, actual: str, place: Found | None) -> Outcome:
        outcome = failed(self._expected, actual, message=message)
        if place is None:
            return outcome
        file = evidence.file(place[0])
        source = (file.line(place[1]) or "").strip() if file else ""
        return replace(outcome, location=Location(place[0], place[1], source))

    def _nearest(self, modules: list[Any], missing: str) -> str:
        """Something like it that is there."""
        last = re.split(r"[(\s]", missing.removeprefix("call of ").removeprefix("import of "))[0].rpartition(".")[2]
        for module in modules:
            for node in (p.node for p in module.placed):
                name = getattr(node, "attr", getattr(node, "id", ""))
                if name == last and isinstance(node, ast.Name | ast.Attribute):
                    return f"{ast.unparse(node)[:80]} in {module.path}:{node.lineno}"
        return "nothing like it was found"

    def _looked_for(self) -> Iterator[tuple[str, str, Any]]:
        """Each thing with its key and its words."""
        words = {
            "imports": "import of {}",
            "decorators": "decorator @{}",
            "functions": "function {}",
            "uses": "use of {}",
        }
        for key, form in words.items():
            for name in getattr(self, key):
                yield key, form.format(name), name
        for call in self.calls:
            yield "calls", f"call of {call.shown}", call

    @property
    def _expected(self) -> str:
        things = [what for _, what, _ in self._looked_for()]
        where = f"{self.file} holds" if self.file else "the program holds"
        if self.none:
            return f"{where} no {' and no '.join(things)}"
        return f"{where} {' and '.join(f'a {what}' for what in things)}"

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return (f"{self._expected[0].upper()}{self._expected[1:]}.",)


def _modules(evidence: Evidence, only: str | None) -> tuple[list[Any], list[tuple[str, int, str]]]:
    """The student's own files as trees, the entry first; and which of them are no Python, where and why."""
    from grader.checks.diagnosis.source import parse

    wanted = evidence.at_home(beside(evidence, only)) if only else None
    modules, faults, left = [], [], _MOST_BYTES
    python = [f for f in evidence.files if f.text is not None and PurePosixPath(f.path).suffix in (".py", ".pyw")]
    for file in sorted(python, key=lambda f: f.path != evidence.entry)[:_MOST_FILES]:
        if (wanted is not None and file.path != wanted) or file.size > left:
            continue
        left -= file.size
        module = parse(file.path, file.text or "")
        modules.append(module)
        if module.fault:
            faults.append((file.path, module.fault.line, module.fault.message))
    return modules, faults


def _occurrences(modules: Iterable[Any], key: str, thing: Any) -> Iterator[Found]:
    from grader.checks import source_names

    for module in modules:
        if key == "calls":
            lines: Iterable[int] = (call.lineno for call, _ in module.calls if _is_call(module, call, thing))
        elif key == "imports":
            lines = (
                line for name, line in source_names.imports(module) if name == thing or name.startswith(f"{thing}.")
            )
        elif key == "functions":
            lines = (line for name, line in source_names.functions(module) if name == thing)
        elif key == "decorators":
            lines = (line for meaning, line in source_names.decorations(module) if meaning.fits(thing))
        else:
            lines = (line for meaning, line in source_names.uses(module) if meaning.fits(thing))
        yield from ((module.path, line) for line in dict.fromkeys(lines))


def _is_call(module: Any, call: ast.Call, pattern: CallPattern) -> bool:
    from grader.checks.source_names import meanings

    if not any(meaning.fits(pattern.name) for meaning in meanings(module, call.func)):
        return False
    if len(call.args) < len(pattern.arguments):
        return False
    given = zip(pattern.arguments, call.args, strict=False)
    if not all(_is_value(module, node, wanted) for wanted, node in given):
        return False
    named = {k.arg: k.value for k in call.keywords if k.arg}
    return all(name in named and _is_value(module, named[name], wanted) for name, wanted in pattern.keywords)


def _is_value(module: Any, node: ast.expr, wanted: Json) -> bool:
    if wanted == _ANYTHING:
        return True
    found = module.value(node)
    return type(found) is type(wanted.value) and bool(found == wanted.value)


def _proved(evidence: Evidence, what: str) -> bool:
    """Whether the running program shows what the text does not: a template that was rendered was rendered somehow."""
    name = what.removeprefix("call of ").partition("(")[0]
    return name.rpartition(".")[2] == "render_template" and next(proofs(evidence), None) is not None
