"""What ties checks together by id: `needs`, `proved_by` and `after`."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Known

from grader.rubric.compose import Mapping, Node, Scalar, Sequence
from grader.rubric.decode import text_under
from grader.rubric.faults import Faults, Place, closest, shown

_TIES = {"needs": "to need", "proved_by": "to be proved by", "after": "to go on from"}


def examine_ids(nodes: list[Mapping], faults: Faults) -> None:
    """Every id stands once, every tie leads to a check, and no check is tied to itself, directly or by way of others.

    Looks at the nodes, so that a check with another fault is still known by its id.
    """
    places: dict[str, Place] = {}
    ties: dict[str, list[str]] = {}
    for node in nodes:
        id = text_under(node, "id")
        if id is None:
            continue
        place = node.items["id"].place
        if id in places:
            faults.add(place, f"the id {shown(id)} is here again; it is at line {places[id].line} already.")
        else:
            places[id] = place
            ties[id] = [tie.text for key in _TIES for tie in _named(node, key)]
    for node in nodes:
        for key, what in _TIES.items():
            for tie in (tie for tie in _named(node, key) if tie.text not in places):
                faults.add(tie.place, f"there is no check {shown(tie.text)} {what}.{closest(tie.text, places)}")
    for circle in _circles(ties):
        faults.add(places[circle[0]], f"checks need each other in a circle: {', '.join(circle)}.")


def _named(node: Node, key: str) -> list[Scalar]:
    """The ids under a key of a check, or of one of its alternatives."""
    found = node.items.get(key) if isinstance(node, Mapping) else None
    items = found.items if isinstance(found, Sequence) else [found]
    own = [item for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]
    return own + [item for solution in solutions_of(node) for item in _named(solution, key)]


def solutions_of(node: Node) -> list[Node]:
    """The alternatives that a check has."""
    found = node.items.get("solutions") if isinstance(node, Mapping) else None
    return found.items if isinstance(found, Sequence) else []


def _circles(ties: Known[str, list[str]]) -> Iterator[list[str]]:
    """Ways from a check back to itself, begun and ended with its id; at least one where there are any."""
    done: set[str] = set()
    for start in ties:
        path: dict[str, Iterator[str]] = {}  # from `start` to where the search is, each with what is left to follow
        step: str | None = start
        while step is not None or path:
            if step is None:
                done.add(path.popitem()[0])
            elif step in path:
                way = list(path)
                yield [*way[way.index(step) :], step]
            elif step in ties and step not in done:
                path[step] = iter(ties[step])
            step = next(path[next(reversed(path))], None) if path else None
