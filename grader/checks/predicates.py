"""What a rubric may ask of the values that a query reads."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import field, fields, replace
from decimal import Decimal
from typing import Any, ClassVar, Literal

from grader.checks.comparing import (
    Kind,
    Values,
    comparable,
    contains,
    equal,
    in_order,
    is_empty,
    is_plain_number,
    normal,
    number_in,
    number_of,
    text,
)
from grader.checks.dates import is_date
from grader.checks.interpolation import is_filled_in
from grader.checks.patterns import compiled, found
from grader.checks.text import NUMBER, is_integer, match, parse_pattern, value
from grader.frozen import dataclass
from grader.model import Json


@dataclass(frozen=True)
class Predicates:
    """What is asked of the values. One value must satisfy all that is said of a value; `count`, `exists`, `empty`,
    `distinct`, `sorted`, `each` and `not` look at all values together. A value alone stands for `equals`."""

    SHORTHAND: ClassVar[str] = "equals"

    equals: Json | None = None
    reads: tuple[str, ...] = ()
    integer: bool = False
    from_: int | None = None
    to: int | None = None
    contains: tuple[Json, ...] = ()
    starts_with: str | None = None
    ends_with: str | None = None
    matches: str | None = None
    one_of: tuple[Json, ...] = ()
    between: tuple[Json, ...] = ()
    more: Json | None = field(default=None, metadata={"key": ">"})
    less: Json | None = field(default=None, metadata={"key": "<"})
    at_least: Json | None = field(default=None, metadata={"key": ">="})
    at_most: Json | None = field(default=None, metadata={"key": "<="})
    is_integer: bool | None = None
    is_number: bool | None = None
    is_date: bool | None = None
    count: Predicates | None = None
    exists: bool | None = None
    empty: bool | None = None
    distinct: bool | None = None
    sorted: Literal["ascending", "descending"] | None = None
    each: Predicates | None = None
    not_: Predicates | None = None

    def __post_init__(self) -> None:
        self.validate()

    def validate(self) -> None:
        """Raises ValueError, in words for a rubric's author, for what could never be compared."""
        self._validate_reads()
        if self.matches is not None and "${" not in self.matches:
            try:
                compiled(self.matches)
            except ValueError as error:
                raise ValueError(f"matches: {error}") from error
        self._validate_numbers()
        self._validate_texts()
        for name, inner in (("count", self.count), ("each", self.each), ("not", self.not_)):
            if inner is not None and not inner.given:
                raise ValueError(f"{name} asks nothing; write what it is, or leave it out")
        if self.count is not None:
            require_whole("count", self.count, 0, None)

    def _validate_reads(self) -> None:
        for pattern in self.reads:
            parse_pattern(pattern)
        if self.about_number and not any(NUMBER in pattern for pattern in self.reads):
            raise ValueError(f"integer, from and to say what {NUMBER} is, but reads holds no {NUMBER}")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"from {self.from_} to {self.to} leaves no number")

    def _validate_texts(self) -> None:
        for name in ("starts_with", "ends_with"):
            if getattr(self, name) == "":
                raise ValueError(f"{name} is an empty text, which every text satisfies")
        if Json.of("") in self.contains:
            raise ValueError("contains an empty text: every text does")

    def _validate_numbers(self) -> None:
        if self.between and len(self.between) != 2:
            raise ValueError("between takes two numbers, such as [1, 6]")
        bounds = [(">", self.more), ("<", self.less), (">=", self.at_least), ("<=", self.at_most)]
        for name, bound in [*bounds, *(("between", b) for b in self.between)]:
            if bound is not None and not is_filled_in(bound.value) and number_in(bound.value) is None:
                raise ValueError(f"{name} compares numbers; {bound.text} is none")
        low, high = [number_in(b.value) for b in self.between] or (None, None)
        if low is not None and high is not None and low > high:
            raise ValueError(f"between {low} and {high} lies no number")
        self._validate_bounds(low, high)

    def _validate_bounds(self, low: Decimal | None, high: Decimal | None) -> None:
        """Together, the bounds leave something between them."""
        lower = [(_worth(self.more), True), (_worth(self.at_least), False), (low, False)]
        upper = [(_worth(self.less), True), (_worth(self.at_most), False), (high, False)]
        for least, above in lower:
            for most, below in upper:
                if least is not None and most is not None and (least > most or (least == most and (above or below))):
                    raise ValueError(f"what is asked leaves no number: from {least} up, and {most} at most")

    @property
    def about_number(self) -> bool:
        """Whether the number that `{number}` stands for is narrowed."""
        return self.integer or self.from_ is not None or self.to is not None

    @property
    def given(self) -> bool:
        """Whether anything is asked at all."""
        return any(getattr(self, f.name) != f.default for f in fields(Predicates))

    @property
    def _of_one(self) -> bool:
        """Whether something is asked of a single value."""
        return any(getattr(self, f.name) != f.default for f in fields(Predicates) if f.name not in _OF_ALL)

    # ------------------------------------------------------------------------------------------------------ judging

    def met(self, values: Values) -> bool:
        """Whether the values satisfy it. Asking nothing asks for a value to be there."""
        if not self.given:
            return bool(values.items)
        if self._of_one and not any(self._allows(values.kind, item) for item in values.items):
            return False
        return all(self._of_all(values))

    def _of_all(self, values: Values) -> Iterator[bool]:
        items = self._items(values)
        if self.count is not None:
            yield self.count.met(Values(Kind.DATA, (len(items),)))
        if self.exists is not None:
            yield bool(values.items) == self.exists
        if self.empty is not None:
            yield all(is_empty(item) for item in items) == self.empty
        if self.distinct is not None:
            seen = {comparable(values.kind, item) for item in items}
            yield bool(items) and (len(seen) == len(items)) == self.distinct
        if self.sorted is not None:
            yield bool(items) and in_order(items, self.sorted)
        if self.each is not None:
            yield bool(items) and all(self.each.met(Values(values.kind, (item,))) for item in items)
        if self.not_ is not None:
            yield not self.not_.met(values)

    def _items(self, values: Values) -> Sequence[Any]:
        """All values; of a single list, what it holds."""
        if len(values.items) == 1 and isinstance(values.items[0], list):
            return values.items[0]
        return values.items

    def _allows(self, kind: Kind, item: Any) -> bool:
        return all(self._of_one_value(kind, item))

    def _of_one_value(self, kind: Kind, item: Any) -> Iterator[bool]:
        plain = normal(kind, text(item))
        if self.equals is not None:
            yield equal(kind, item, self.equals)
        if self.reads:
            yield any(self._reads(pattern, text(item)) for pattern in self.reads)
        for part in self.contains:
            yield contains(kind, item, part)
        if self.starts_with is not None:
            yield plain.startswith(normal(kind, self.starts_with))
        if self.ends_with is not None:
            yield plain.endswith(normal(kind, self.ends_with))
        if self.matches is not None:
            yield found(self.matches, " ".join(text(item).split()) if kind is Kind.PAGE else text(item))
        if self.one_of:
            yield any(equal(kind, item, choice) for choice in self.one_of)
        yield from self._numeric(kind, item)
        if self.is_date is not None:
            yield (isinstance(item, str) and is_date(item)) == self.is_date

    def _reads(self, pattern: str, text: str) -> bool:
        held = match(pattern, text)
        return held is not None and all(map(self.allows_number, held))

    def allows_number(self, number: str) -> bool:
        """Whether a number may stand for `{number}`."""
        if self.integer and not is_integer(number):
            return False
        worth = value(number)
        return (self.from_ is None or self.from_ <= worth) and (self.to is None or worth <= self.to)

    def _numeric(self, kind: Kind, item: Any) -> Iterator[bool]:
        worth = number_of(kind, item)
        low, high = self.between or (None, None)
        bounds = (
            (self.more, operator.gt),
            (self.less, operator.lt),
            (self.at_least, operator.ge),
            (self.at_most, operator.le),
            (low, operator.ge),
            (high, operator.le),
        )
        for bound, holds in bounds:
            if bound is not None:
                limit = number_in(bound.value)
                yield worth is not None and limit is not None and holds(worth, limit)
        if self.is_number is not None:
            yield (worth is not None) == self.is_number
        if self.is_integer is not None:
            whole = worth is not None and worth == worth.to_integral_value() and not isinstance(item, float)
            yield whole == self.is_integer


def _worth(bound: Json | None) -> Decimal | None:
    return None if bound is None or is_filled_in(bound.value) else number_in(bound.value)


def require_whole(name: str, asked: Predicates, least: int, most: int | None) -> None:
    """Raises ValueError where a whole number from `least` on is compared with something else."""
    limits = f"from {least} to {most}" if most is not None else f"from {least} on"
    for wanted in (asked.equals, *asked.one_of):
        if wanted is None or is_filled_in(wanted.value):
            continue
        value = wanted.value
        whole = is_plain_number(value) and value == int(value)
        if not whole or value < least or (most is not None and value > most):
            raise ValueError(f"{name} is a whole number {limits}; this is {wanted.text}")


_OF_ALL = frozenset(("count", "exists", "empty", "distinct", "sorted", "each", "not_"))


def only_there(asked: Predicates) -> bool:
    """Whether nothing is asked but that something is there."""
    return replace(only_predicates(asked), exists=None) == Predicates()


def only_predicates(source: Predicates) -> Predicates:
    """The predicates of a dataclass that has more keys."""
    return replace(Predicates(), **{f.name: getattr(source, f.name) for f in fields(Predicates)})
