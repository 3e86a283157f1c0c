"""Names that do not exist: not imported, misspelt, defined elsewhere or later, hidden by a file of the same name."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from grader.checks.diagnosis.crash import Crash, Rule
from grader.checks.diagnosis.finding import Finding, closest, place
from grader.checks.diagnosis.guards import wrong_guard_at
from grader.checks.diagnosis.source import Function, Module, module_at, own_module
from grader.checks.diagnosis.words import (
    APP_METHODS,
    BUILTINS,
    COURSE_PACKAGES,
    FLASK_NAMES,
    LAB_MODULES,
    LITERALS,
    MODULE_MEMBERS,
    MODULES,
    module_with,
)


def undefined_name(crash: Crash, match: re.Match[str]) -> Finding | None:
    """A NameError, by what the name probably means."""
    name, module = match[1], crash.module
    if module is None or crash.code is None:
        return None
    for recognise in (_guard_name, _constant, _quotes, _elsewhere, _not_imported, _misspelt):
        finding = recognise(crash, module, name)
        if finding:
            return finding
    return crash.find(
        f"{crash.code} uses {name}, which is not defined anywhere in {crash.file}.",
        f"Define {name} before this line, or put it in quotes if it is meant as text.",
        crash.code,
    )


def _guard_name(crash: Crash, module: Module, _name: str) -> Finding | None:
    return wrong_guard_at(crash.evidence, module, crash.frame.line) if crash.frame else None


def _constant(crash: Crash, _module: Module, name: str) -> Finding | None:
    if name not in LITERALS:
        return None
    right = LITERALS[name]
    return crash.find(f"{crash.code} uses {name}; Python writes {right}.", f"Write {right}.", crash.code)


def _quotes(crash: Crash, module: Module, name: str) -> Finding | None:
    """`render_template(base.html)`, `template_folder=templates`: a file or folder without its quotes."""
    dotted = re.search(rf"\b{re.escape(name)}\.(html?|jinja2?|txt|css|py)\b", crash.source)
    folder = re.search(rf"(template_folder|static_folder)\s*=\s*{re.escape(name)}\b", crash.source)
    text = dotted[0] if dotted else name
    if not (dotted or folder) or name in module.defined:
        return None
    return crash.find(f"{crash.code} uses {text} without quotes.", f"Write it as text: '{text}'.", crash.code)


def _elsewhere(crash: Crash, module: Module, name: str) -> Finding | None:
    """Defined further down, or inside a function only."""
    line = module.defined.get(name)
    if line is None or crash.frame is None:
        return None
    top = any(p.function is None and getattr(p.node, "lineno", 0) and _binds(p.node, name) for p in module.placed)
    inside = next((p.function for p in module.placed if p.function and _binds(p.node, name)), None)
    if not top and inside is not None:
        return crash.find(
            f"{crash.code} uses {name}, but {name} exists only inside {inside.name}(), where line {line} defines it.",
            f"Use {name} inside {inside.name}(), or define it before line {crash.frame.line}.",
            crash.code,
        )
    if line <= crash.frame.line:
        return None
    return crash.find(
        f"{crash.code} uses {name} before line {line} defines it.",
        f"Move the definition of {name} above line {crash.frame.line}.",
        crash.code,
    )


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name and isinstance(node.ctx, ast.Store)
    if isinstance(node, ast.arg):
        return node.arg == name
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any((a.asname or a.name.split(".")[0]) == name for a in node.names)
    return isinstance(node, Function | ast.ClassDef) and node.name == name


def _not_imported(crash: Crash, module: Module, name: str) -> Finding | None:
    owner = module_with(name) if name not in LAB_MODULES else None
    if name in MODULES and f"{name}." in crash.source.replace(" ", ""):
        owner = None
    elif owner is None and name not in MODULES:
        return None
    message = f"{crash.code} uses {name}, but the file never imports it."
    return crash.find(message, _import_hint(module, name, owner, crash.file), crash.code)


def _import_hint(module: Module, name: str, owner: str | None, path: str) -> str:
    if owner is None:
        return f"Add `import {name}` at the top of {path}."
    from_owner = [i for i in module.imports if i.module == owner and i.name not in {None, "*"}]
    if from_owner:
        names = ", ".join([*(str(i.name) for i in from_owner), name])
        return f"Add it to the import from {owner} in line {from_owner[0].line}: `from {owner} import {names}`."
    plain = next((i for i in module.imports if i.module == owner and i.name is None), None)
    if plain:
        return f"Write `{plain.bound}.{name}`, since the file has `import {owner}` in line {plain.line}."
    return f"Add `from {owner} import {name}` at the top of {path}."


def _misspelt(crash: Crash, module: Module, name: str) -> Finding | None:
    meant = closest(name, [*module.defined, *FLASK_NAMES, *LAB_MODULES, *BUILTINS, "__name__", "__main__"])
    if meant is None:
        return None
    line = module.defined.get(meant)
    known = f" (line {line})" if line else ""
    return crash.find(
        f"{crash.code} uses {name}, which is not defined; did you mean {meant}{known}?",
        f"Write {meant} instead of {name}.",
        crash.code,
    )


def unbound_local(crash: Crash, match: re.Match[str]) -> Finding | None:
    """A variable of a function that is read before it is assigned."""
    name = match[1]
    inside = f"{crash.frame.function}()" if crash.frame else "the function"
    return crash.find(
        f"{crash.where} reads {name} before {inside} has given it a value.",
        f"Assign {name} inside {inside} first, or begin the function with `global {name}` to use the one outside.",
    )


def missing_module(crash: Crash, match: re.Match[str]) -> Finding | None:
    """An import of a package that is not there: misspelt, an own file not handed in, or not part of the course."""
    name = match[1]
    top = name.split(".")[0]
    own = [PurePosixPath(f.path).stem for f in crash.evidence.files if f.path.endswith(".py")]
    meant = closest(top, [*COURSE_PACKAGES, *LAB_MODULES, *own], 0.75) or closest(top, sorted(MODULES), 0.85)
    if "is not a package" in crash.traceback.message or (top in MODULES and own_module(crash.evidence, top)):
        return _shadowed(crash, top) or crash.find(
            f"{crash.where} imports {name}, but {top} has no such part.", f"Check the spelling of `{name}`."
        )
    if module_with(top) and top.casefold() not in MODULES:
        return crash.find(
            f"{crash.where} imports {name} as a module, but it is a part of {module_with(top)}.",
            f"Write `from {module_with(top)} import {top}`.",
        )
    if meant and top not in MODULES:
        return crash.find(
            f"{crash.where} imports {name}, and there is no such package or file; did you mean {meant}?",
            f"Write `{meant}` instead of `{top}`.",
        )
    return crash.find(
        f"{crash.where} imports {name}, which is not installed for this course.",
        f"Use only Flask and Python's own modules; if {top} is a file of yours, hand in {top}.py too.",
    )


def missing_member(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`from flask import render_templates`: the module is there, the name in it is not."""
    name, module = match[1], match[2]
    shadowed = _shadowed(crash, module.split(".")[0])
    if shadowed:
        return shadowed
    if "circular import" in crash.traceback.message:
        return crash.find(
            f"{crash.where} imports {name} from {module}, while {module} is itself still importing: a circular import.",
            "Let only one of the two files import the other: move what both need into a third file.",
        )
    path = own_module(crash.evidence, module)
    own = module_at(crash.evidence, path) if path else None
    options = tuple(own.defined) if own else MODULE_MEMBERS.get(module, ())
    meant = closest(name, options, 0.6)
    place_of = path or module
    if meant is None and module_with(name):
        return crash.find(
            f"{crash.where} imports {name} from {place_of}, which has no {name}.",
            f"Write `from {module_with(name)} import {name}`.",
        )
    ask = f"; did you mean {meant}?" if meant else "."
    hint = f"Write `from {module} import {meant}`." if meant else f"Check the spelling of {name}."
    return crash.find(f"{crash.where} imports {name} from {place_of}, which has no {name}{ask}", hint)


def relative_import(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`from .app import app` in a file that is run by itself."""
    return crash.find(
        f"{crash.where} uses an import with a leading dot, which works only inside a package.",
        "Leave out the dot: `from app import app` instead of `from .app import app`.",
    )


def missing_attribute_of_module(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`random.randInt`, or a file of the student that hides the library's module."""
    module, name = match[1], match[2]
    shadowed = _shadowed(crash, module.split(".")[0])
    if shadowed:
        return shadowed
    meant = closest(name, MODULE_MEMBERS.get(module, ()), 0.6)
    ask = f"; did you mean {meant}?" if meant else "."
    hint = f"Write `{module}.{meant}`." if meant else f"Check in its documentation how {module} calls it."
    return crash.find(f"{crash.where} uses {module}.{name}, and {module} has no {name}{ask}", hint)


def _shadowed(crash: Crash, name: str) -> Finding | None:
    path = own_module(crash.evidence, name)
    if path is None or name not in MODULES:
        return None
    return Finding(
        f"Your own file {path} has the name of the {name} module, so `import {name}` finds it instead of the real one.",
        f"Rename {path}, for example to my_{PurePosixPath(path).name}.",
        place(crash.evidence, path),
    )


def missing_attribute(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`app.rout`, `random.randint` after `from random import random`, an app's name taken by a function."""
    kind, name = match[1], match[2]
    if "builtin" in kind or "method" in kind:
        return _function_for_module(crash, name)
    if kind == "Flask":
        meant = closest(name, APP_METHODS, 0.6)
        ask = f"; did you mean {meant}?" if meant else "."
        hint = f"Write `.{meant}`." if meant else "Check how Flask's documentation calls it."
        return crash.find(f"{crash.where} uses .{name} of the Flask app, which has no {name}{ask}", hint)
    if kind == "function" and name in APP_METHODS:
        return crash.find(
            f"{crash.where} uses .{name} of a function: a `def` has taken the name of the Flask app.",
            "Give that function a name of its own, or call the app by another one.",
        )
    return None


def _function_for_module(crash: Crash, name: str) -> Finding | None:
    module = crash.module
    found = (
        next((i for i in module.imports if i.name == i.module and f"{i.bound}.{name}" in crash.source), None)
        if module
        else None
    )
    if found is None:
        return None
    return crash.find(
        f"{crash.where} uses {found.bound}.{name}, but line {found.line} imports only the function {found.name} "
        f"from {found.module}.",
        f"Change line {found.line} to `import {found.module}`.",
    )


_MISSING_MEMBER = r"cannot import name '([^']{1,80})' from (?:partially initialized module )?'([^']{1,80})'"
RULES: tuple[Rule, ...] = (
    ("NameError", r"name '([^']{1,80})' is not defined", undefined_name),
    ("UnboundLocalError", r"local variable '([^']{1,80})'", unbound_local),
    ("ModuleNotFoundError", r"No module named '([^']{1,120})'", missing_module),
    (
        "ImportError",
        _MISSING_MEMBER,
        missing_member,
    ),
    ("ImportError", r"attempted relative import", relative_import),
    ("AttributeError", r"module '([^']{1,80})' has no attribute '([^']{1,80})'", missing_attribute_of_module),
    ("AttributeError", r"'([^']{1,80})' object has no attribute '([^']{1,80})'", missing_attribute),
)
