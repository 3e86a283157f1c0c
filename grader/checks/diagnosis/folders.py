"""The template folder and the static folder: what the Flask() call says of them, and what is there."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from grader.checks.diagnosis.finding import Finding, closest, place, short
from grader.checks.diagnosis.pages import page_failure
from grader.checks.diagnosis.program import apps, spot
from grader.checks.diagnosis.source import Module, argument, last_name, modules, shown
from grader.model import Evidence, Exchange, Location

_APP = "app = Flask(__name__, template_folder='templates', static_folder='static')"


def template_folder(evidence: Evidence, claimed: str | None) -> Finding:
    """Why the app's template folder is not `templates`."""
    for module, call in apps(evidence):
        given = argument(call, "template_folder", 6)
        if given is not None:
            at = spot(evidence, module, given)
            return Finding(
                f"{at} sets the template folder to {shown(given)}{_unlike(evidence, module, given)}.",
                "Write `template_folder='templates'`, a folder beside the file.",
                at,
            )
    missing = _no_app(evidence)
    if missing:
        return missing
    if claimed:
        return Finding(f"The app looks for templates in {short(claimed, 80)}.", f"Write `{_APP}`.", _app_line(evidence))
    return Finding(
        "No Flask app could be found, so there is no template folder.", f"Write `{_APP}`.", _app_line(evidence)
    )


def _app_line(evidence: Evidence) -> Location | None:
    found = next(apps(evidence), None)
    return spot(evidence, *found) if found else None


def _unlike(evidence: Evidence, module: Module, given: ast.expr) -> str:
    value = module.value(given)
    if not isinstance(value, str):
        return ""
    if value.startswith("/"):
        return ", an absolute path that exists on one computer only"
    if value.startswith(".."):
        return ", which lies outside of the lab's folder"
    folders = {f.path.split("/")[0] for f in evidence.files if "/" in f.path}
    near = closest(value, ["templates"], 0.6)
    return ", and the folder is called templates" if near and "templates" in folders else ""


def _no_app(evidence: Evidence) -> Finding | None:
    """`app = Flask` without a call, or no Flask at all."""
    if next(apps(evidence), None) is not None:
        return None
    for module in modules(evidence):
        for placed in module.placed:
            if isinstance(placed.node, ast.Assign) and last_name(placed.node.value) == "Flask":
                at = spot(evidence, module, placed.node)
                return Finding(f"{at} names Flask without calling it, so there is no app.", f"Write `{_APP}`.", at)
    return Finding(f"{evidence.entry} makes no Flask app.", f"Write `{_APP}`.", place(evidence, evidence.entry))


def static_failure(evidence: Evidence, exchange: Exchange | None) -> Finding:
    """Why a file in static/ is not served under /static/."""
    if exchange is not None and (exchange.failure or (exchange.status or 0) >= 500):
        return page_failure(evidence, exchange)
    wrong = _static_elsewhere(evidence) or _no_app(evidence)
    if wrong:
        return wrong
    folder = _near_folder(evidence)
    seen = f" ({exchange.status})" if exchange and exchange.status else ""
    if folder:
        return Finding(f"The folder {folder} is not called static.", f"Rename {folder} to static.", None)
    return Finding(
        f"A file in static/ is not served under /static/{seen}.",
        f"Write `{_APP}`, and declare no route below /static/.",
        _app_line(evidence),
    )


def _static_elsewhere(evidence: Evidence) -> Finding | None:
    """The app says itself that static files lie, or are served, somewhere else."""
    for module, call in apps(evidence):
        for name, position, right in (("static_folder", 2, "static"), ("static_url_path", 1, "/static")):
            given = argument(call, name, position)
            if given is not None and module.value(given) not in {right, right + "/", right.strip("/")}:
                at = spot(evidence, module, given)
                return Finding(
                    f"{at} sets {name} to {shown(given)}.", f"Write `{name}='{right}'`, or leave it out.", at
                )
    return None


def _near_folder(evidence: Evidence) -> str | None:
    folders = {str(p) for f in evidence.files for p in PurePosixPath(f.path).parents if str(p) != "."}
    wanted = evidence.at_home("static")
    return None if wanted in folders else closest(wanted, sorted(folders), 0.7)
