"""A rubric file → a Rubric that holds together, or every reason why not."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from grader import resources
from grader.errors import RubricError
from grader.model import Check, Limits, Rubric, RubricCheck, Visibility
from grader.rubric import compose
from grader.rubric.decode import Wrong, decode, fields_of, value_of
from grader.rubric.faults import Faults, Place, closest

SUFFIXES = (".yaml", ".yml")
_MOST_CHECKS = 1000
_MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Head:
    """The keys of a rubric file besides its checks."""

    id: str
    title: str
    version: str = "1"
    pass_mark: Fraction = Fraction(60)
    entry: tuple[str, ...] = ("main.py", "app.py")
    packages: tuple[str, ...] = ("flask",)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.id.strip() or not self.title.strip():
            raise ValueError("id and title must not be empty")
        if not 0 <= self.pass_mark <= 100:
            raise ValueError(f"pass_mark is a percentage from 0 to 100; this is {self.pass_mark}")
        if not self.packages:
            raise ValueError("packages must name at least one package, as flask")


@dataclass(frozen=True, slots=True)
class _CheckHead:
    """The keys that every check has, whatever its type."""

    id: str
    title: str
    points: Fraction
    type: str
    section: str = ""
    hint: str = ""
    needs: tuple[str, ...] = ()
    visibility: Visibility = Visibility.VISIBLE

    def __post_init__(self) -> None:
        if not self.id.strip() or not self.title.strip():
            raise ValueError("id and title must not be empty")
        if not 0 <= self.points <= _MOST_POINTS:
            raise ValueError(f"points go from 0 to {_MOST_POINTS}; this is {self.points}")


def available() -> tuple[str, ...]:
    """The names of the bundled rubrics."""
    return tuple(sorted(p.stem for p in resources.folder("rubrics").glob("*.yaml")))


def load_rubric(name: str) -> Rubric:
    """A bundled rubric by its name, or the file at a path (which has a slash or ends in .yaml). Raises RubricError."""
    if name.endswith(SUFFIXES) or "/" in name or "\\" in name:
        path = Path(name)
        shown = name
    else:
        path = resources.folder("rubrics") / f"{name}.yaml"
        shown = path.name
        if name not in available():
            known = ", ".join(available())
            raise RubricError(
                f'There is no bundled rubric "{name}".{closest(name, available())}',
                f"Bundled: {known}. For a file of your own, give a path that ends in .yaml.",
            )
    return parse_rubric(_read(path), shown)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(compose.MOST_BYTES + 1)
    except IsADirectoryError as error:
        raise RubricError(f"The rubric {path} is a folder.", "Give the path of a YAML file.") from error
    except FileNotFoundError as error:
        raise RubricError(f"There is no rubric file {path}.", "Check the path.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RubricError(
            f"The rubric {path} cannot be read: {reason}.", "Check the path and its permissions."
        ) from error


def parse_rubric(data: bytes, source: str, checks: Mapping[str, type[Check]] | None = None) -> Rubric:
    """The rubric in `data`; `source` names it in messages. Raises a RubricError that holds every fault."""
    if checks is None:
        from grader.checks import CHECKS

        checks = CHECKS
    faults = Faults(source)
    root = compose.compose(data, faults)
    faults.raise_if_any()
    assert root is not None
    rubric = _Loader(faults, checks).rubric(root, hashlib.sha256(data).hexdigest())
    faults.raise_if_any()
    assert rubric is not None
    return rubric


class _Loader:
    """Decodes the parts, then looks at how they fit together."""

    def __init__(self, faults: Faults, types: Mapping[str, type[Check]]) -> None:
        self._faults, self._types = faults, types
        self._places: dict[str, Place] = {}

    def rubric(self, root: compose.Node, sha256: str) -> Rubric | None:
        """None where something is wrong; what it is stands among the faults."""
        head = self._head(root)
        checks = self._checks(root)
        self._needs(checks)
        if checks and not self._faults and sum(c.points for c in checks) == 0:
            self._faults.add(self._places[checks[0].id], "the points of all checks add up to zero.")
        if head is None or self._faults:
            return None
        asked = (head.pass_mark, head.entry, head.packages, head.limits)
        return Rubric(head.id, head.title, head.version, sha256, tuple(checks), *asked)

    def _head(self, root: compose.Node) -> _Head | None:
        try:
            return decode(_Head, root, self._faults, what="a rubric", besides=("checks",))
        except Wrong:
            return None

    def _checks(self, root: compose.Node) -> list[RubricCheck]:
        node = root.items.get("checks") if isinstance(root, compose.Mapping) else None
        if node is None:
            if isinstance(root, compose.Mapping):
                self._faults.add(root.place, 'a rubric lacks the key "checks".')
            return []
        if not isinstance(node, compose.Sequence) or not node.items or len(node.items) > _MOST_CHECKS:
            self._faults.add(node.place, f"checks is a list of 1 to {_MOST_CHECKS} checks, each begun with '- id: …'.")
            return []
        made = [self._check(item) for item in node.items]
        return [check for check in made if check is not None]

    def _check(self, node: compose.Node) -> RubricCheck | None:
        kind = self._type(node)
        own = tuple(fields_of(kind)) if kind else ()
        unknown_type = isinstance(node, compose.Mapping) and kind is None
        besides = tuple(node.items) if unknown_type and isinstance(node, compose.Mapping) else own
        head = check = None
        with contextlib.suppress(Wrong):
            head = decode(_CheckHead, node, self._faults, what="a check", besides=besides)
        if kind is not None and isinstance(node, compose.Mapping):
            mine = compose.Mapping(node.place, {k: v for k, v in node.items.items() if k in own}, node.key_places)
            with contextlib.suppress(Wrong):
                check = decode(kind, mine, self._faults, what="a check of this type")
        if head is None or check is None:
            return None
        self._note_id(head.id, node)
        return RubricCheck(
            head.id, head.title, head.points, check, head.section, head.hint, head.needs, head.visibility
        )  # fmt: skip

    def _type(self, node: compose.Node) -> type[Check] | None:
        if not isinstance(node, compose.Mapping) or "type" not in node.items:
            return None
        try:
            name = value_of(str, node.items["type"], self._faults, "type")
        except Wrong:
            return None
        if name not in self._types:
            near = closest(name, self._types) or f" Known: {', '.join(self._types)}."
            self._faults.add(node.items["type"].place, f'there is no check type "{name}".{near}')
        return self._types.get(name)

    def _note_id(self, id: str, node: compose.Node) -> None:
        place = node.items["id"].place if isinstance(node, compose.Mapping) else node.place
        if id in self._places:
            first = self._places[id].line
            self._faults.add(place, f'the id "{id}" stands here for the second time; the first is at line {first}.')
        else:
            self._places[id] = place

    def _needs(self, checks: list[RubricCheck]) -> None:
        """Every needed check exists, and no check needs itself, directly or by way of others."""
        needs = {check.id: check.needs for check in checks}
        for id, wanted in needs.items():
            for other in wanted:
                if other not in needs:
                    self._faults.add(
                        self._places[id], f'"{id}" needs "{other}", which is no check.{closest(other, needs)}'
                    )
        done: set[str] = set()
        for id in needs:
            circle = _circle(id, needs, done)
            if circle:
                self._faults.add(self._places[circle[0]], f"checks need each other in a circle: {' → '.join(circle)}.")


def _circle(start: str, needs: Mapping[str, tuple[str, ...]], done: set[str]) -> list[str]:
    """A way from a check back to itself, or nothing; `done` holds checks from which there is none."""
    path: list[str] = []
    waiting: list[tuple[str, bool]] = [(start, False)]
    while waiting:
        id, leaving = waiting.pop()
        if leaving:
            done.add(path.pop())
        elif id in path:
            return [*path[path.index(id) :], id]
        elif id not in done and id in needs:
            path.append(id)
            waiting.append((id, True))
            waiting += [(other, False) for other in needs[id]]
    return []
