"""The tree of a rubric file → a Rubric that holds together, or every reason why not."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from collections.abc import Mapping as Known
from dataclasses import dataclass, field
from fractions import Fraction

from grader.model import Check, Limits, Rubric, RubricCheck, Visibility
from grader.rubric.compose import Mapping, Node, Scalar, Sequence
from grader.rubric.decode import Wrong, decode, keys_of
from grader.rubric.faults import Faults, Place, closest, shown

_MOST_CHECKS = 1000
_MOST_POINTS = 1_000_000
_MOST_SECONDS = 3600
_MOST_BYTES = 64 << 20
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Head:
    """The keys of a rubric file besides its checks."""

    id: str
    title: str
    version: str = "1"
    pass_mark: Fraction = Fraction(60)
    entry: tuple[str, ...] = ("main.py", "app.py")
    packages: tuple[str, ...] = ("flask",)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        _require_names(self.id, self.title)
        if not 0 <= self.pass_mark <= 100:
            raise ValueError("pass_mark is a percentage from 0 to 100")
        for path in self.entry:
            if not path or path.startswith("/") or "\\" in path or ".." in path.split("/"):
                raise ValueError(f"entry names files inside the submission, such as main.py; this is {shown(path)}")
        if not self.packages:
            raise ValueError("packages names at least one package, such as flask")
        for package in self.packages:
            if not _ID.fullmatch(package):
                raise ValueError(f"packages are names such as flask; this is {shown(package)}")
        for limit in dataclasses.fields(Limits):
            value = getattr(self.limits, limit.name)
            most, unit = (_MOST_SECONDS, "seconds") if limit.name.endswith("_seconds") else (_MOST_BYTES, "bytes")
            if not 0 < value <= most:
                raise ValueError(f"limits: {limit.name} is more than 0 and at most {most} {unit}")


@dataclass(frozen=True, slots=True)
class CheckHead:
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
        _require_names(self.id, self.title)
        if not 0 <= self.points <= _MOST_POINTS:
            raise ValueError(f"points go from 0 to {_MOST_POINTS}")
        if (self.points * 100).denominator != 1:
            raise ValueError("points have at most two decimals, as reports do")


def _require_names(id: str, title: str) -> None:
    if not _ID.fullmatch(id):
        raise ValueError(f"id is at most 64 letters, digits, hyphens, dots and underscores; this is {shown(id)}")
    if not title.strip() or "\n" in title.strip():
        raise ValueError("title is one line of text")


def assemble(root: Node, sha256: str, types: Known[str, type[Check]], faults: Faults) -> Rubric:
    """The rubric that a tree describes; `types` are the known check types. Raises a RubricError with every fault."""
    head: Head | None = None
    with contextlib.suppress(Wrong):
        head = decode(Head, root, faults, what="a rubric", besides=("checks",))
    nodes = _check_nodes(root, faults)
    checks = [check for node in nodes if (check := _check(node, types, faults))]
    _examine_ids([node for node in nodes if isinstance(node, Mapping)], faults)
    if len(checks) == len(nodes) and nodes and not any(check.points for check in checks):
        faults.add(nodes[0].place, "the points of all checks add up to zero.")
    faults.raise_if_any()
    assert head is not None  # or there were faults
    return Rubric(
        id=head.id,
        title=head.title.strip(),
        version=head.version,
        sha256=sha256,
        checks=tuple(checks),
        pass_mark=head.pass_mark,
        entries=head.entry,
        packages=head.packages,
        limits=head.limits,
    )


def _check_nodes(root: Node, faults: Faults) -> list[Node]:
    if not isinstance(root, Mapping):
        return []
    node = root.items.get("checks")
    if node is None:
        faults.add(root.place, 'a rubric lacks the key "checks".')
    elif isinstance(node, Sequence) and 0 < len(node.items) <= _MOST_CHECKS:
        return node.items
    else:
        faults.add(node.place, f'checks is a list of 1 to {_MOST_CHECKS} checks, each begun with "- id: ...".')
    return []


def _check(node: Node, types: Known[str, type[Check]], faults: Faults) -> RubricCheck | None:
    """None where something is wrong, which then stands among the faults."""
    kind = _type_of(node, types, faults)
    items = node.items if isinstance(node, Mapping) else {}
    own = keys_of(kind) if kind else items  # of an unknown type nobody can say which keys it has
    head: CheckHead | None = None
    with contextlib.suppress(Wrong):
        head = decode(CheckHead, node, faults, what="a check", besides=own)
    if kind is None or not isinstance(node, Mapping):
        return None
    claim: Check | None = None
    rest = node._replace(items={name: item for name, item in items.items() if name in own})
    with contextlib.suppress(Wrong):
        claim = decode(kind, rest, faults, what=f"a check of type {_text(node, 'type')}")
    if head is None or claim is None:
        return None
    return RubricCheck(
        id=head.id,
        title=head.title.strip(),
        points=head.points,
        check=claim,
        section=head.section.strip(),
        hint=head.hint.strip(),
        needs=head.needs,
        visibility=head.visibility,
    )


def _type_of(node: Node, types: Known[str, type[Check]], faults: Faults) -> type[Check] | None:
    name = _text(node, "type")
    if name is not None and name not in types and isinstance(node, Mapping):
        known = f" Known: {', '.join(types)}."
        faults.add(node.items["type"].place, f"there is no check type {shown(name)}.{closest(name, types)}{known}")
    return types.get(name or "")


def _text(node: Node, key: str) -> str | None:
    """The text under a key, where there is one."""
    found = node.items.get(key) if isinstance(node, Mapping) else None
    return found.text if isinstance(found, Scalar) and isinstance(found.value, str) else None


def _examine_ids(nodes: list[Mapping], faults: Faults) -> None:
    """Every id stands once, every needed check exists, and no check needs itself, directly or by way of others.

    Looks at the nodes, so that a check with another fault is still known by its id.
    """
    places: dict[str, Place] = {}
    needs: dict[str, list[str]] = {}
    for node in nodes:
        id = _text(node, "id")
        if id is None:
            continue
        place = node.items["id"].place
        if id in places:
            faults.add(place, f"the id {shown(id)} is here again; it is at line {places[id].line} already.")
        else:
            places[id] = place
            needs[id] = [need.text for need in _needs(node)]
    for node in nodes:
        for need in _needs(node):
            if need.text not in places:
                faults.add(need.place, f"there is no check {shown(need.text)} to need.{closest(need.text, places)}")
    for circle in _circles(needs):
        faults.add(places[circle[0]], f"checks need each other in a circle: {', '.join(circle)}.")


def _needs(node: Mapping) -> list[Scalar]:
    found = node.items.get("needs")
    items = found.items if isinstance(found, Sequence) else [found]
    return [item for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]


def _circles(needs: Known[str, list[str]]) -> Iterator[list[str]]:
    """Ways from a check back to itself, begun and ended with its id; at least one where there are any."""
    done: set[str] = set()
    for start in needs:
        path: dict[str, Iterator[str]] = {}  # from `start` to where the search is, each with what is left to follow
        step: str | None = start
        while step is not None or path:
            if step is None:
                done.add(path.popitem()[0])
            elif step in path:
                way = list(path)
                yield [*way[way.index(step) :], step]
            elif step in needs and step not in done:
                path[step] = iter(needs[step])
            step = next(path[next(reversed(path))], None) if path else None
