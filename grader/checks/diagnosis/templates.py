"""Templates: where they are, which view renders which, and why one is not rendered or lacks its variable."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from grader.checks.diagnosis.finding import Finding, closest, listing, place, short
from grader.checks.diagnosis.program import apps, is_draw, renders, route_of, spot
from grader.checks.diagnosis.source import (
    Function,
    Module,
    argument,
    called_name,
    last_name,
    literal,
    modules,
    shown,
)
from grader.model import Evidence, Exchange, Location, SourceFile

_SUFFIXES = {".html", ".htm", ".jinja", ".jinja2", ".j2", ".xml", ".txt"}
_TEXT_LIMIT = 256 << 10
_RENDER = "render_template('base.html', random_number=random_num)"


# ------------------------------------------------------------------------------------------------------------- looking


def template_texts(evidence: Evidence) -> Iterator[SourceFile]:
    """Every file that may be a template, those of the template folder first."""
    folder = evidence.at_home(folder_of(evidence)) + "/"
    files = [f for f in evidence.files if f.text and PurePosixPath(f.path).suffix.casefold() in _SUFFIXES]
    yield from sorted(files, key=lambda f: not f.path.startswith(folder))


def line_with(evidence: Evidence, pattern: str) -> tuple[Location, re.Match[str]] | None:
    """The first line of a template that a pattern is found in."""
    for file in template_texts(evidence):
        for number, line in enumerate((file.text or "")[:_TEXT_LIMIT].split("\n"), 1):
            match = re.search(pattern, line[:1000])
            if match:
                return place(evidence, file.path, number), match
    return None


def folder_of(evidence: Evidence) -> str:
    """The template folder that the source names, relative to `home`; Flask's own default where it names none."""
    for module, call in apps(evidence):
        value = module.value(argument(call, "template_folder"))
        if isinstance(value, str):
            return value.strip("/") or "."
    return "templates"


def missing_file(evidence: Evidence, path: str) -> tuple[str, str]:
    """Why a template is not there, to be read after "...", and what to change. `path` is relative to `home`."""
    wanted = PurePosixPath(evidence.at_home(path))
    paths = [PurePosixPath(f.path) for f in evidence.files if not f.path.endswith(".py")]
    same_case = next((p for p in paths if str(p).casefold() == str(wanted).casefold()), None)
    if same_case:
        return f"there is no {wanted}; there is {same_case}, and case matters", f"Rename it to {wanted}."
    same_name = next((p for p in paths if p.name.casefold() == wanted.name.casefold()), None)
    if same_name:
        return f"there is no {wanted}; the file lies at {same_name}", f"Move it into the folder {wanted.parent}."
    stems = [
        p
        for p in paths
        if p.name.split(".")[0].casefold() == wanted.stem.casefold() and p.suffix not in {".css", ".js"}
    ]
    if stems:
        return f"there is no {wanted}; there is {stems[0]}", f"Rename it to {wanted}."
    return _no_such_file(wanted, paths)


def _no_such_file(wanted: PurePosixPath, paths: list[PurePosixPath]) -> tuple[str, str]:
    beside = [p.name for p in paths if p.parent == wanted.parent]
    stems = {PurePosixPath(n).stem: n for n in beside}
    near_stem = closest(wanted.stem, stems)
    meant = stems[near_stem] if near_stem else None
    if meant:
        return f"there is no {wanted}; {wanted.parent} has {meant}", f"Let both have the same name: {wanted.name}."
    if beside:
        return f"there is no {wanted}; {wanted.parent} has only {listing(beside)}", f"Make the file {wanted}."
    folders = sorted({p.parts[0] for p in paths if len(p.parts) > 1})
    near = closest(wanted.parent.name, folders, 0.6)
    if near:
        return f"there is no folder {wanted.parent}; there is {near}", f"Rename the folder to {wanted.parent}."
    return (
        f"there is no {wanted}, and no folder {wanted.parent}",
        f"Make the folder {wanted.parent}, with {wanted.name} in it.",
    )


def view_at(evidence: Evidence, path: str = "/") -> tuple[Module, Function] | None:
    """The view that answers a path."""
    route = route_of(evidence, path)
    return (route.module, route.view) if route and route.view else None


def render_call(evidence: Evidence, path: str = "/") -> tuple[Module, ast.Call] | None:
    """The call of render_template in the view that answers a path, or else the first of the program."""
    view = view_at(evidence, path)
    near = next(renders(*view), None) if view else None
    if view and near:
        return view[0], near
    return next(((m, c) for m in modules(evidence) for c in renders(m)), None)


def passed_names(call: ast.Call) -> tuple[str, ...] | None:
    """The names that a render call passes, or None where the source does not say."""
    names = [k.arg for k in call.keywords]
    return None if None in names else tuple(n for n in names if n is not None)


def unpassed(evidence: Evidence, name: str, at: Location | None) -> Finding:
    """A variable of a template that the render call does not pass."""
    call = render_call(evidence)
    names = passed_names(call[1]) if call else None
    where = str(at) if at else "The template"
    if call is None or names is None:
        return Finding(
            f"{where} uses {name}, which the template does not receive.",
            f"Pass it: render_template(..., {name}=...).",
            at,
        )
    meant = closest(name, names, 0.5)
    passing = f"passes {listing(names)}" if names else "passes nothing to the template"
    hint = (
        f"Use one name in both places: render_template(..., {name}=...)."
        if meant
        else f"Pass it: render_template(..., {name}=...)."
    )
    return Finding(f"{where} uses {name}, but {spot(evidence, *call)} {passing}.", hint, at)


# ------------------------------------------------------------------------------------------------------------- checks


def not_rendered(evidence: Evidence, file: str, exchange: Exchange | None) -> Finding:
    """Why a page is not made from a template."""
    if evidence.file(evidence.at_home(file)) is None:
        why, hint = missing_file(evidence, file)
        call = render_call(evidence)
        return Finding(f"The page needs {file}, but {why}.", hint, spot(evidence, *call) if call else None)
    view = view_at(evidence, exchange.request.path if exchange else "/")
    if view is None:
        call = render_call(evidence)
        at = spot(evidence, *call) if call else None
        return Finding(f"The page is not rendered from {file}.", _return(file), at)
    return _by_render(evidence, file, *view) or _by_reading(evidence, file, *view) or _by_return(evidence, file, *view)


def _return(file: str) -> str:
    return f"Write `return render_template('{PurePosixPath(file).name}')` in the view."


def _by_render(evidence: Evidence, file: str, module: Module, view: Function) -> Finding | None:
    """The view renders, but another file, or throws the page away."""
    call = next(renders(module, view), None)
    if call is None:
        return None
    at = spot(evidence, module, call)
    dropped = any(isinstance(n, ast.Expr) and n.value is call for n in module.within(view))
    if dropped:
        return Finding(f"{at} renders the template but does not return the page.", "Write `return` before it.", at)
    name = module.value(argument(call, "template_name_or_list", 0))
    if isinstance(name, str) and PurePosixPath(folder_of(evidence), name) != PurePosixPath(file):
        return Finding(f"{at} renders '{short(name, 80)}' from {folder_of(evidence)}, not {file}.", _return(file), at)
    return None


def _by_reading(evidence: Evidence, file: str, module: Module, view: Function) -> Finding | None:
    """The view reads or sends the file itself, so that Jinja never sees it."""
    ways = {"open": "reads the file with open()", "send_file": "sends the file as it is",
            "send_from_directory": "sends the file as it is", "send_static_file": "sends the file as it is",
            "read_text": "reads the file itself", "render_template_string": "renders a text from main.py"}  # fmt: skip
    for node in module.within(view):
        if isinstance(node, ast.Call) and called_name(node) in ways:
            at = spot(evidence, module, node)
            return Finding(f"{at} {ways[called_name(node)]}, so Jinja does not render {file}.", _return(file), at)
    return None


def _by_return(evidence: Evidence, file: str, module: Module, view: Function) -> Finding:
    returned = next((n for n in module.within(view) if isinstance(n, ast.Return) and n.value is not None), None)
    at = spot(evidence, module, returned or view)
    value = returned.value if returned else None
    if isinstance(value, ast.JoinedStr):
        return Finding(f"{at}: {view.name}() returns an f-string instead of rendering {file}.", _return(file), at)
    if isinstance(literal(value), str):
        what = "the name of the file" if literal(value) == PurePosixPath(file).name else "text"
        return Finding(f"{at}: {view.name}() returns {what} itself instead of rendering {file}.", _return(file), at)
    return Finding(f"{at}: the page of {view.name}() is not rendered from {file}.", _return(file), at)


def missing_variable(evidence: Evidence, wanted: str, received: tuple[str, ...]) -> Finding:
    """Why the template does not receive a variable of the wanted name."""
    call = render_call(evidence)
    if call is None:
        return Finding(
            f"No template is rendered, so none receives {wanted}.",
            f"Pass the number: `{_RENDER}`.".replace("random_number", wanted),
        )
    at = spot(evidence, *call)
    value = _value_to_pass(*call)
    hint = f"Write `render_template({_first_argument(call[1])}, {wanted}={value})`."
    if not received:
        return Finding(f"{at} renders the template without passing it a variable.", hint, at)
    meant = closest(wanted, received, 0.5)
    if meant or len(received) == 1:
        return Finding(f"{at} passes {meant or received[0]} to the template; the lab asks for {wanted}.", hint, at)
    return Finding(f"{at} passes {listing(received)} to the template, and no {wanted}.", hint, at)


def _first_argument(call: ast.Call) -> str:
    return shown(call.args[0], 40) if call.args else "'base.html'"


def _value_to_pass(module: Module, call: ast.Call) -> str:
    """The student's own name for the number: what is passed already, or else a variable that a draw is assigned to."""
    if len(call.keywords) == 1 and call.keywords[0].arg:
        return shown(call.keywords[0].value, 40)
    drawn = (p.node for p in module.placed if isinstance(p.node, ast.Assign) and is_draw(p.node.value))
    return next((last_name(a.targets[0]) for a in drawn if last_name(a.targets[0])), "random_num")
