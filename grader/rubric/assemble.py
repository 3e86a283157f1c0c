"""The tree of a rubric file → a Rubric that holds together, or every reason why not."""

from __future__ import annotations

import contextlib
from fractions import Fraction

from grader.model import Check, Rounding, Rubric, RubricCheck, Weight
from grader.rubric.compose import Mapping, Node, Sequence
from grader.rubric.continuing import continued
from grader.rubric.decode import Wrong, decode, keys_of, text_under, type_of
from grader.rubric.faults import Faults
from grader.rubric.heads import CheckHead, Head
from grader.rubric.links import examine_ids
from grader.rubric.provided import Folder, read_provided

_MOST_CHECKS = 1000


def assemble(root: Node, sha256: str, faults: Faults, folder: Folder) -> Rubric:
    """The rubric that a tree describes; `folder` holds the files that it provides. Raises a RubricError with every
    fault."""
    head: Head | None = None
    with contextlib.suppress(Wrong):
        head = decode(Head, root, faults, what="a rubric", besides=("checks",))
    nodes = _check_nodes(root, faults)
    checks = _checks(nodes, faults)
    if head is not None and head.rounding is not None:
        _examine_rounding(head.rounding, checks, nodes, faults)
    provided = read_provided(head.provide, folder, root, faults) if head is not None else ()
    faults.raise_if_any()
    assert head is not None  # or there were faults
    return Rubric(
        id=head.id,
        title=head.title.strip(),
        version=head.version,
        sha256=folder.digest(sha256, provided),
        checks=tuple(checks),
        pass_mark=head.pass_mark,
        entries=head.entry,
        packages=head.packages,
        limits=head.limits,
        rounding=head.rounding,
        late=head.late,
        provided=provided,
        shuffle=head.shuffle,
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


def _checks(nodes: list[Node], faults: Faults) -> list[RubricCheck]:
    """The checks that are right; what they have to do with each other is looked at where all are."""
    examine_ids([node for node in nodes if isinstance(node, Mapping)], faults)
    checks = [check for node in nodes if (check := _check(node, faults))]
    if not nodes or len(checks) < len(nodes):
        return checks
    if not any(check.points for check in checks if check.weight is Weight.POINTS):
        faults.add(nodes[0].place, "the points of all checks add up to zero.")
    return continued(checks, nodes, faults)


def _check(node: Node, faults: Faults) -> RubricCheck | None:
    """None where something is wrong, which then stands among the faults."""
    kind = type_of(node, faults)
    items = node.items if isinstance(node, Mapping) else {}
    own = keys_of(kind) if kind else items  # of an unknown type nobody can say which keys it has
    head: CheckHead | None = None
    if isinstance(node, Mapping) and "points" not in items and "flag" not in items:
        faults.add(node.place, 'a check lacks the key "points".')
    with contextlib.suppress(Wrong):
        head = decode(CheckHead, node, faults, what="a check", besides=own)
    if kind is None or not isinstance(node, Mapping):
        return None
    claim: Check | None = None
    rest = node._replace(items={name: item for name, item in items.items() if name in own})
    with contextlib.suppress(Wrong):
        claim = decode(kind, rest, faults, what=f"a check of type {text_under(node, 'type')}")
    if head is None or claim is None:
        return None
    return head.around(claim)


def _examine_rounding(rounding: Rounding, checks: list[RubricCheck], nodes: list[Node], faults: Faults) -> None:
    """No points may be lost to rounding where all is right, and no check may be worth less than a step of it."""
    to = rounding.to
    total = sum((c.points for c in checks if c.weight is Weight.POINTS), Fraction(0))
    if checks and (total / to).denominator != 1:
        faults.add(
            nodes[0].place,
            f"the points of all checks add up to {float(total):g}, which rounding to {float(to):g} changes: "
            "full marks would not be full marks.",
        )
    for check, node in zip(checks, nodes, strict=False):
        if 0 < check.points < to and isinstance(node, Mapping) and "points" in node.items:
            sentence = (
                f"points {float(check.points):g} can be lost to rounding to {float(to):g}: make one of them larger."
            )
            faults.add(node.items["points"].place, sentence)
