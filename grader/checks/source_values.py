"""The values that a call is given, as far as the text tells, compared with those that a rubric asks for."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from typing import Any

from grader.checks.diagnosis.source import UNKNOWN, Module
from grader.checks.source_bindings import Bindings
from grader.frozen import dataclass
from grader.model import Json

ANYTHING = "..."
_MOST_NESTED = 50
_LONG = 10_000  # characters of a text that is computed with
_LARGE = 10**30
_TWO: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_ONE: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}

# What functions that labs ask for call their arguments.
_PARAMETERS = {
    "random.randint": "a b",
    "random.randrange": "start stop step",
    "random.uniform": "a b",
    "random.choice": "seq",
    "random.choices": "population weights",
    "random.sample": "population k",
    "random.seed": "a",
    "flask.Flask": "import_name static_url_path static_folder",
    "flask.Flask.run": "host port debug load_dotenv",
    "flask.Flask.add_url_rule": "rule endpoint view_func provide_automatic_options",
    "flask.render_template": "template_name_or_list",
    "flask.render_template_string": "source",
    "flask.redirect": "location code",
    "flask.url_for": "endpoint",
    "flask.abort": "code",
    "flask.send_file": "path_or_file mimetype",
    "flask.send_from_directory": "directory path",
    "flask.Blueprint": "name import_name",
    "werkzeug.security.generate_password_hash": "password method salt_length",
    "werkzeug.security.check_password_hash": "pwhash password",
    "sqlite3.connect": "database timeout",
    "time.sleep": "secs",
    "open": "file mode buffering encoding",
}
_METHODS = {
    "set_cookie": "key value max_age expires path domain secure httponly samesite",
    "route": "rule",
    "add_url_rule": "rule endpoint view_func provide_automatic_options",
    "errorhandler": "code_or_exception",
    "register_error_handler": "code_or_exception f",
    "register_blueprint": "blueprint",
}


@dataclass(frozen=True)
class Given:
    """What a call is given: values, or UNKNOWN; `whole`, whether that is all of it."""

    positional: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()
    whole: bool = True

    def fits(self, arguments: tuple[Json, ...], keywords: tuple[tuple[str, Json], ...], names: tuple[str, ...]) -> bool:
        """Whether the first arguments and the named ones are those that are asked for. `names` are what the function
        calls its parameters, where that is known: each may be given by its place or by its name."""
        named = dict(zip(names, self.positional, strict=False)) | dict(self.named)
        for index, wanted in enumerate(arguments):
            if index < len(self.positional):
                found = self.positional[index]
            elif index < len(names) and names[index] in named:
                found = named[names[index]]
            else:
                return False
            if not is_value(found, wanted.value):
                return False
        return all(name in named and is_value(named[name], wanted.value) for name, wanted in keywords)


def is_value(found: Any, wanted: Any) -> bool:
    """Whether a value of the program is what a rubric asks for; `...` stands for any, also inside lists and mappings. A
    list may be a tuple, or a set of these in any order; a number is compared by its worth."""
    if wanted == ANYTHING:
        return True
    if isinstance(wanted, list):
        return _is_list(found, wanted)
    if isinstance(wanted, dict):
        keys_alike = isinstance(found, dict) and found.keys() == wanted.keys()
        return keys_alike and all(is_value(found[key], wanted[key]) for key in wanted)
    if isinstance(wanted, bool) or isinstance(found, bool) or wanted is None:
        return found is wanted
    if isinstance(wanted, int | float):
        return isinstance(found, int | float) and found == wanted
    return type(found) is type(wanted) and bool(found == wanted)


def _is_list(found: Any, wanted: list[Any]) -> bool:
    if not isinstance(found, list | frozenset) or len(found) != len(wanted):
        return False
    if isinstance(found, frozenset):
        return all(any(is_value(f, w) for f in found) for w in wanted)
    return all(map(is_value, found, wanted))


def given(bindings: Bindings, call: ast.Call) -> Given:
    """What a call is given."""
    positional: list[Any] = []
    whole = True
    for argument in call.args:
        if not isinstance(argument, ast.Starred):
            positional.append(value_of(bindings, argument))
            continue
        several = value_of(bindings, argument.value)
        whole = whole and isinstance(several, list)
        positional += several if isinstance(several, list) else []
    named: dict[str, Any] = {}
    for keyword in call.keywords:
        found = value_of(bindings, keyword.value)
        if keyword.arg is not None:
            named[keyword.arg] = found
        elif isinstance(found, dict):
            named |= {str(name): value for name, value in found.items()}
        else:
            whole = False
    return Given(tuple(positional), tuple(named.items()), whole)


def parameters(module: Module, name: str) -> tuple[str, ...]:
    """What a function calls its parameters: one that is known here, or one of the file's own."""
    known = _PARAMETERS.get(name) or _METHODS.get(name.rpartition(".")[2] if "." in name else "")
    if known is not None:
        return tuple(known.split())
    own = module.function(name) if "." not in name else None
    return tuple(a.arg for a in (*own.args.posonlyargs, *own.args.args)) if own is not None else ()


def value_of(bindings: Bindings, node: ast.AST | None, depth: int = 0) -> Any:
    """The value of an expression of literals and of names that are bound once; tuples are lists, sets frozen ones;
    UNKNOWN for all else."""
    if depth > _MOST_NESTED or node is None:
        return UNKNOWN
    if isinstance(node, ast.Constant):
        return UNKNOWN if node.value is ... else node.value
    if isinstance(node, ast.Name):
        values = bindings.values.get(node.id, [])
        return value_of(bindings, values[0], depth + 1) if len(values) == 1 else UNKNOWN
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        items = [value_of(bindings, item, depth + 1) for item in node.elts]
        return _set(items) if isinstance(node, ast.Set) else items
    if isinstance(node, ast.Dict):
        return _mapping(bindings, node, depth)
    return _computed([value_of(bindings, part, depth + 1) for part in _operands(node)], node)


def _set(items: list[Any]) -> Any:
    try:
        return frozenset(items)
    except TypeError:
        return UNKNOWN


def _mapping(bindings: Bindings, node: ast.Dict, depth: int) -> Any:
    keys = [value_of(bindings, key, depth + 1) for key in node.keys]
    if any(key is UNKNOWN or isinstance(key, list | dict) for key in keys):
        return UNKNOWN
    values = (value_of(bindings, value, depth + 1) for value in node.values)
    return dict(zip((key if isinstance(key, str) else str(key) for key in keys), values, strict=True))


def _operands(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.JoinedStr):
        yield from node.values


def _computed(parts: list[Any], node: ast.AST) -> Any:
    if not parts or not all(isinstance(part, str | int | float) for part in parts):
        return UNKNOWN
    if isinstance(node, ast.JoinedStr):
        return "".join(map(str, parts))
    if _could_grow(parts, node):
        return UNKNOWN
    try:
        if isinstance(node, ast.BinOp):
            return _TWO[type(node.op)](*parts)
        return _ONE[type(node.op)](*parts) if isinstance(node, ast.UnaryOp) else UNKNOWN
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return UNKNOWN


def _could_grow(parts: list[Any], node: ast.AST) -> bool:
    """Whether the result could have any size: of long texts, texts times numbers, texts that are formatted, and large
    numbers."""
    texts = [part for part in parts if isinstance(part, str)]
    operation = node.op if isinstance(node, ast.BinOp) else None
    if texts and isinstance(operation, ast.Mult | ast.Mod):
        return True
    return any(len(t) > _LONG for t in texts) or any(isinstance(p, int) and abs(p) > _LARGE for p in parts)
