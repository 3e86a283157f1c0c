"""Functions of Flask and Python that are called in a way that they do not take."""

from __future__ import annotations

import ast
import re

from grader.checks.diagnosis.crash import Crash, Rule
from grader.checks.diagnosis.finding import Finding, closest, listing, short
from grader.checks.diagnosis.program import routes, spot
from grader.checks.diagnosis.source import Function, Module, argument, last_name, modules, shown
from grader.checks.diagnosis.words import FLASK_PARAMETERS, RUN_PARAMETERS
from grader.model import Location

_RETURN = "return render_template('base.html')"


def _view(crash: Crash, name: str) -> tuple[Module, Function] | None:
    found = ((m, m.function(name.rpartition(".")[2])) for m in modules(crash.evidence))
    return next(((m, f) for m, f in found if f is not None), None)


def no_response(crash: Crash, match: re.Match[str]) -> Finding | None:
    """A view that ends without a return, or returns None."""
    name, found = match[1], _view(crash, match[1])
    if found is None:
        return crash.find(f"The view {name} returns nothing.", f"End it with `{_RETURN}`.")
    module, function = found
    at = spot(crash.evidence, module, function)
    last = function.body[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call | ast.Constant | ast.JoinedStr):
        line = spot(crash.evidence, module, last)
        return Finding(
            f"{line}: {name}() makes {shown(last.value, 40)} but does not return it.",
            "Write `return` before it.",
            line,
        )
    if any(isinstance(n, ast.Return) and n.value is None for n in module.within(function)):
        return Finding(f"{at}: {name}() has a `return` without a value.", f"Write what to send: `{_RETURN}`.", at)
    if any(isinstance(n, ast.Return) for n in module.within(function)):
        return Finding(
            f"{at}: {name}() comes to its end, or returns None, without an answer for the browser.",
            "See to it that every path through the function ends with `return` and a page.",
            at,
        )
    return Finding(
        f"{at}: {name}() ends without `return`, so there is no page to send.", f"End it with `{_RETURN}`.", at
    )


def wrong_response(crash: Crash, match: re.Match[str]) -> Finding | None:
    """A view that returns a number, a set, or something else that is no page."""
    kind = match[1]
    view = next((f for f in re.findall(r"view function for '([^']{1,80})'", crash.traceback.message)), "")
    found = _view(crash, view) or _returning(crash)
    hint = "Return text: `return str(number)`, or a page from render_template."
    if found is None:
        return crash.find(f"A view returns a value of type {kind}, which is no page.", hint)
    module, function = found
    returned = next((n for n in module.within(function) if isinstance(n, ast.Return)), function)
    at = spot(crash.evidence, module, returned)
    return Finding(f"{at}: {function.name}() returns a value of type {kind}, which is no page.", hint, at)


def _returning(crash: Crash) -> tuple[Module, Function] | None:
    every = [(r.module, r.view) for r in routes(crash.evidence) if r.view is not None]
    return every[0] if len(every) == 1 else None


def view_arguments(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`def home(x)` below a route without `<x>`."""
    name, missing = match[1].rpartition(".")[2], match[2]
    route = next((r for r in routes(crash.evidence) if r.view and r.view.name == name), None)
    if route is None or route.view is None:
        return None
    at = spot(crash.evidence, route.module, route.view)
    rule = route.rule or "its route"
    return Finding(
        f"{at}: {name}() asks for {missing}, but the route '{rule}' gives no such value.",
        f"Write `def {name}():`, or add <{missing}> to the route.",
        at,
    )


def view_takes_none(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`@app.route('/user/<name>')` above `def user():`."""
    name, extra = match[1].rpartition(".")[2], match[2]
    route = next((r for r in routes(crash.evidence) if r.view and r.view.name == name), None)
    if route is None or route.view is None:
        return None
    at = spot(crash.evidence, route.module, route.view)
    return Finding(
        f"{at}: the route '{route.rule}' gives {extra}, but {name}() does not take it.",
        f"Write `def {name}({extra}):`.",
        at,
    )


def unknown_parameter(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`Flask(__name__, templates_folder=…)`, `app.run(prot=…)`."""
    called, name = match[1], match[2]
    options = FLASK_PARAMETERS if "Flask.__init__" in called else RUN_PARAMETERS if "run" in called else ()
    meant = closest(name, options, 0.6)
    shown_name = "Flask" if "Flask.__init__" in called else "app.run" if "run" in called else called
    at = _argument_line(crash, name) or crash.location
    hint = f"Write `{meant}=`." if meant else f"It takes {listing(options)}." if options else "Check its arguments."
    return crash.find(f"{at or 'The program'} gives {shown_name} an argument {name}, which it does not take.", hint, at)


def _argument_line(crash: Crash, name: str) -> Location | None:
    """The line of the call that passes an argument of this name: for `app.run`, the frames end in Flask."""
    found = ((m, c) for m in modules(crash.evidence) for c, _ in m.calls if argument(c, name) is not None)
    return next((spot(crash.evidence, m, argument(c, name) or c) for m, c in found), None)


def no_import_name(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`Flask()`."""
    return crash.find(f"{crash.where} calls Flask() without the name of the module.", "Write `Flask(__name__)`.")


def class_for_app(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`app = Flask` without parentheses: methods of the class are called on no object."""
    for module in modules(crash.evidence):
        for placed in module.placed:
            if isinstance(placed.node, ast.Assign) and last_name(placed.node.value) == "Flask":
                at = spot(crash.evidence, module, placed.node)
                return Finding(
                    f"{at} names Flask without calling it, so there is no app.", "Write `app = Flask(__name__)`.", at
                )
    if match[0].startswith("route"):
        return crash.find(f"{crash.where} gives route() no path.", "Write `@app.route('/')`.")
    return None


def randint_arguments(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`random.randint(1)`."""
    return crash.find(
        f"{crash.where} calls randint, which needs the lowest and the highest number.",
        "Write `random.randint(1, 100000)`.",
    )


def text_for_number(crash: Crash, match: re.Match[str]) -> Finding | None:
    """`randint('1', '10')`, `"number " + 5`."""
    if crash.traceback.frames and crash.traceback.frames[-1].path.endswith("random.py"):
        return crash.find(
            f"{crash.where} gives randint text instead of numbers.",
            "Take the quotes away: `random.randint(2000, 9000)`.",
        )
    if "concatenate" in match[0]:
        return crash.find(f"{crash.where} joins text and a number with +.", "Turn the number into text: `str(number)`.")
    return None


def empty_range(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`random.randint(9000, 2000)`."""
    return crash.find(
        f"{crash.where} asks for a random number between a larger and a smaller one.",
        "The smaller number comes first: `random.randint(2000, 9000)`.",
    )


def module_called(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`random(1, 10)`, `flask(__name__)`."""
    module = crash.module
    names = [i.bound for i in module.imports if i.name is None] if module else []
    called = next((n for n in names if re.search(rf"\b{re.escape(n)}\s*\(", crash.source)), None)
    if called is None:
        return None
    example = {"random": "random.randint(1, 100000)", "flask": "flask.Flask(__name__)"}.get(
        called, f"{called}.something()"
    )
    return crash.find(f"{crash.where} calls {called}, which is a module and no function.", f"Write `{example}`.")


def not_callable(crash: Crash, match: re.Match[str]) -> Finding | None:
    """A name of a function that was given a value, or text followed by parentheses."""
    return crash.find(
        f"{crash.where} puts parentheses after a value of type {match[1]}, as if it were a function.",
        "Check whether a variable has the name of a function; if so, rename it.",
    )


def render_arguments(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`render_template('base.html', random_num)`."""
    return crash.find(
        f"{crash.where} gives render_template a value without a name.",
        "Name what the template receives: `render_template('base.html', random_number=random_num)`.",
    )


def render_nothing(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`render_template()`."""
    return crash.find(
        f"{crash.where} does not tell render_template which file.", "Write `render_template('base.html')`."
    )


def argument_count(crash: Crash, match: re.Match[str]) -> Finding | None:
    """Any other call with the wrong number of arguments."""
    return crash.find(
        f'{crash.where} calls {short(match[1], 60)} with the wrong arguments: "{short(crash.traceback.message, 120)}".',
        "Compare the call with the definition of the function.",
    )


def leading_slash(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """`@app.route('home')`."""
    return crash.find(
        f"{crash.where} has a path that does not begin with a slash.", "Begin the path with /: `@app.route('/')`."
    )


def same_endpoint(crash: Crash, match: re.Match[str]) -> Finding | None:
    """Two views of one name."""
    name = match[1].rpartition(".")[2]
    same = [(m, f) for m in modules(crash.evidence) for f in m.functions if f.name == name]
    if len(same) < 2:
        return crash.find(f"{crash.where} gives a second view the name {name}.", "Give every view a name of its own.")
    at = spot(crash.evidence, *same[1])
    return Finding(
        f"{at} defines a second view called {name}; the first is in line {same[0][1].lineno}.",
        "Give one of the two functions another name.",
        at,
    )


def late_setup(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """A route that is added while the server already answers."""
    return crash.find(
        f"{crash.where} adds to the app after the server has begun to answer.",
        "Move every route above app.run().",
    )


RULES: tuple[Rule, ...] = (
    (
        "TypeError",
        r"view function for '([^']{1,80})' did not return a valid response\. The function either",
        no_response,
    ),
    ("TypeError", r"valid response\..*?but it was an? (\w{1,60})", wrong_response),
    ("TypeError", r"Flask\.__init__\(\) missing", no_import_name),
    ("TypeError", r"\b(?:route|run)\(\) missing .*'(?:self|rule)'", class_for_app),
    ("AttributeError", r"'(?:str|function)' object has no attribute '_\w+'", class_for_app),
    ("TypeError", r"randint\(\) (?:missing|takes)", randint_arguments),
    ("TypeError", r"render_template\(\) takes", render_arguments),
    ("TypeError", r"render_template\(\) missing", render_nothing),
    ("TypeError", r"([\w.<>]{1,80})\(\) missing \d+ required positional arguments?: '([^']{1,60})'", view_arguments),
    ("TypeError", r"([\w.<>]{1,80})\(\) got an unexpected keyword argument '([^']{1,60})'", view_takes_none),
    ("TypeError", r"([\w.<>]{1,80})\(\) got an unexpected keyword argument '([^']{1,60})'", unknown_parameter),
    ("TypeError", r"can only concatenate str|unsupported operand", text_for_number),
    ("TypeError", r"'module' object is not callable", module_called),
    ("TypeError", r"'(\w{1,60})' object is not callable", not_callable),
    ("TypeError", r"([\w.<>]{1,80})\(\) (?:missing|takes)", argument_count),
    ("ValueError", r"empty range (?:for|in) rand", empty_range),
    ("ValueError", r"must start with a (?:leading )?slash", leading_slash),
    ("AssertionError", r"overwriting an existing endpoint function: ([\w.]{1,80})", same_endpoint),
    ("AssertionError", r"setup method '\w+' can no longer be called", late_setup),
)
