"""What a start becomes: the student's entry file, run as `python main.py` does, imported, or imported and served.

Runs in a process of its own, warm (forked from a process that has Flask loaded) or cold (a new interpreter). Imports
as little as it can, and late: what is loaded before the student's code is found before the student's own modules.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

Spec = dict[str, Any]
Code = Callable[[], None]

_FAULT_STATUS = 1


def begin(spec: Spec) -> NoReturn:
    """Become the student's program; the working folder is the one it is started from. Ends the process."""
    if spec["pin"] != "natural":
        from . import pin

        pin.install(spec["pin"] == "high", spec["copy"])
        for name in spec["shadowed"]:  # the student's own module of that name comes first for the student
            sys.modules.pop(name, None)
    sys.path.insert(0, os.getcwd())
    if spec["mode"] == "run":
        _end(*_outcome(lambda: _run_as_main(spec)))
    _end(*_outcome(lambda: _import(spec)))


def _run_as_main(spec: Spec) -> None:
    if spec["package"]:
        _run_package(spec)
        return
    path = os.path.join(os.getcwd(), os.path.basename(spec["entry"]))
    _set_arguments(spec)
    main = type(sys)("__main__")
    vars(main).update(__file__=path, __builtins__=sys.modules["builtins"], __loader__=_loader("__main__", path))
    sys.modules["__main__"] = main
    exec(_compiled(path), vars(main))


def _set_arguments(spec: Spec) -> None:
    """Those of the ordinary start, in every mode: what a program does as it is imported must not hang on them."""
    if spec["package"]:
        name = spec["package"] + (f":{spec['factory']}" if spec["factory"] else "")
        sys.argv[:] = ["flask", "--app", name, "run"]
        sys.orig_argv = [sys.executable, "-m", *sys.argv]
    else:
        sys.argv[:] = [os.path.basename(spec["entry"])]
        sys.orig_argv = [sys.executable, *sys.argv]


def _run_package(spec: Spec) -> None:
    """Do what `python -m flask --app NAME run` does."""
    from flask.cli import main

    _set_arguments(spec)
    main()


def _compiled(path: str) -> Any:
    with open(path, "rb") as file:
        return compile(file.read(), path, "exec", dont_inherit=True)


def _loader(name: str, path: str) -> Any:
    from importlib.machinery import SourceFileLoader

    return SourceFileLoader(name, path)


def _import(spec: Spec) -> None:
    """Import the entry under its own name; say what came of it; in mode "serve", serve its app object."""
    from . import claims

    serve, say = spec["mode"] == "serve", Claim(spec["claims"])
    _set_arguments(spec)
    if serve:
        os.environ["FLASK_RUN_FROM_CLI"] = "true"  # as under `flask run`, app.run() at import does nothing
    main, namespace = type(sys)("__main__"), {}  # type: Any, dict[str, Any]
    sys.modules["__main__"] = main
    if not serve:
        _answer_when_asked(spec, namespace, say)
    _import_entry(spec, namespace)
    apps = claims.apps_in(namespace) or claims.factory_app(namespace, spec["factory"])
    say(imported=True, apps=claims.describe(apps, os.getcwd()))
    if serve and apps:
        from werkzeug.serving import run_simple

        run_simple("127.0.0.1", 5000, claims.best(apps), threaded=True)
    if not serve:
        _wait(spec["ask"])


def _import_entry(spec: Spec, namespace: dict[str, Any]) -> None:
    """Import it so that `namespace` is its very namespace, also while the import goes on."""
    name = spec["package"] or os.path.splitext(os.path.basename(spec["entry"]))[0]
    path = os.path.join(spec["copy"], spec["entry"])
    module = type(sys)(name)
    vars(module).update(__file__=path, __builtins__=sys.modules["builtins"], __loader__=_loader(name, path))
    vars(module).update(__package__=spec["package"] or "")
    if spec["package"]:
        module.__path__ = [os.path.dirname(path)]
    sys.modules[name] = module
    namespace["__module__"] = module
    try:
        exec(_compiled(path), vars(module))
    finally:
        namespace.update(vars(module))


def _answer_when_asked(spec: Spec, namespace: dict[str, Any], say: Claim) -> None:
    """Tell of the app objects also where the import never ends, because it serves."""
    import _thread

    from . import claims

    def wait_and_tell() -> None:
        if os.read(spec["ask"], 1):
            module = namespace.get("__module__")
            say(imported=False, apps=claims.describe(claims.apps_in(vars(module) if module else {}), os.getcwd()))

    _thread.start_new_thread(wait_and_tell, ())


def _wait(descriptor: int) -> None:
    """Until the keeper ends this process; threads of the program go on meanwhile."""
    import time

    del descriptor  # read by the thread that answers
    while True:
        time.sleep(60)


class Claim:
    """Writes what the program says about itself, as a Python literal, into the keeper's pipe. Once."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pipe = os.fstat(descriptor).st_ino
        self._said = False

    def __call__(self, **what: Any) -> None:
        if not self._said:
            self._said = True
            if os.fstat(self._descriptor).st_ino != self._pipe:  # the program has closed it, and opened something else
                raise OSError("nobody listens to what the program says of itself")
            data = (repr(what) + "\n").encode("utf-8", "backslashreplace")
            while data:
                data = data[os.write(self._descriptor, data) :]


def _outcome(body: Code) -> tuple[BaseException | None, int]:
    """Run the body; what was raised, and the exit status that the interpreter would give."""
    try:
        body()
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return None, stop.code or 0
        print(stop.code, file=sys.stderr)
        return None, _FAULT_STATUS
    except BaseException as error:  # noqa: BLE001  # whatever the student's program raises is shown as the interpreter shows it
        return error, _FAULT_STATUS
    return None, 0


def _end(error: BaseException | None, status: int) -> NoReturn:
    """End as the interpreter does: the traceback, then threads, exit functions and buffers."""
    if error is not None:
        error.__traceback__ = trace = _own_part(error.__traceback__)
        sys.excepthook(type(error), error, trace)
    try:
        import atexit
        import threading

        threading._shutdown()  # type: ignore[attr-defined]  # waits for the program's threads, as at any normal end
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status & 0xFF)


def _own_part(trace: Any) -> Any:
    """The traceback without the frames of this file at its head."""
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace
