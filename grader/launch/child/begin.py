"""The last steps before the student's code: the copy, the environment, descriptors, limits; then warm or cold."""

from __future__ import annotations

import gc
import os
import random
import resource
import signal
import sys
import sysconfig
from typing import Any, NoReturn

from . import cmdline, program

Spec = dict[str, Any]

_OWN_PACKAGE = __name__.rpartition(".")[0]
_COLD_PARTS = ("claims", "pin_numpy", "pin", "shim", "program")
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "USER": "student",
    "LOGNAME": "student",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}
_MOST_DESCRIPTORS = 1 << 16
_LOADED = {name.partition(".")[0] for name in sys.builtin_module_names}


def stdlib() -> str:
    """The folder of the standard library."""
    return os.path.dirname(os.path.realpath(os.__file__))


def libraries() -> list[str]:
    """The shared library of the interpreter itself, where it has one outside the system's folders."""
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDLIBRARY")
    if not folder or not name or not os.path.exists(os.path.join(folder, name)):
        return []
    return [os.path.join(folder, entry) for entry in os.listdir(folder) if entry.startswith("libpython")]


def environment(home: str, python: str, scratch: str = "") -> dict[str, str]:
    """All that a student's program finds in its environment; `scratch` is for temporary files, if not /tmp."""
    found = {**_ENVIRONMENT, "HOME": home, "PATH": f"{os.path.dirname(python)}:{_ENVIRONMENT['PATH']}"}
    return {**found, "TMPDIR": scratch} if scratch else found


def set_environment(home: str, python: str, scratch: str = "") -> None:
    """Make it that of this process, and of all that it starts."""
    os.environ.clear()
    os.environ.update(environment(home, python, scratch))


def redirect(log: int) -> None:
    """Standard input is empty, output goes into the log, everything else but what is named stays closed."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if null > 2:
        os.close(null)


def silence() -> None:
    """Nothing is read or written any more."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    if null > 2:
        os.close(null)


def close_others(keep: Any) -> None:
    """Close every descriptor above 2 but those in `keep`."""
    first = 3
    for descriptor in sorted(keep):
        os.closerange(first, descriptor)
        first = descriptor + 1
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    os.closerange(first, _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS))


def become_program(spec: Spec, copy: str, user_home: str, python: str) -> NoReturn:
    """Be the student's program from here on, in the folder it is started from."""
    os.chdir(os.path.normpath(os.path.join(copy, spec["home"])))
    fault = spec.pop("fault")
    spec["copy"] = copy
    spec["shadowed"] = [name for name in spec["names"] if name in sys.modules]
    if spec["cold"]:
        _cold(spec, user_home, python)
    cmdline.show([python, os.path.basename(spec["entry"])])
    _right_after_fork(spec)
    os.close(fault)  # from here on, whatever goes wrong is the student's
    if spec["mode"] == "run":  # nobody asks it about itself
        os.close(spec["claims"])
        os.close(spec["ask"])
    program.begin(spec)


def report_fault(spec: Spec, error: BaseException) -> NoReturn:
    """End this process: our own part of it failed, and the student's never began."""
    if "fault" in spec:
        os.write(spec["fault"], repr(error).encode("utf-8", "backslashreplace")[:1000])
    os._exit(126)


def shadows(names: Any) -> bool:
    """Whether one of these names is loaded here already, so that a warm start would not find the student's module."""
    return any(name in sys.modules or name in _LOADED for name in names)


def put_right() -> None:
    """Put right what a fork inherits and a new interpreter would not have, as far as it can be done beforehand."""
    import tempfile
    import warnings

    tempfile.tempdir = tempfile._name_sequence = None  # type: ignore[attr-defined]  # each process has its own
    warnings.resetwarnings()
    for category in (ResourceWarning, ImportWarning, PendingDeprecationWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
    for name, descriptor, errors in (("stdout", 1, "strict"), ("stderr", 2, "backslashreplace")):
        stream = _stream(descriptor, f"<{name}>", errors)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    _serve_without_reloader()


def _right_after_fork(spec: Spec) -> None:
    """Put right the rest."""
    gc.unfreeze()
    gc.enable()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    random.seed()
    if spec["shim"] is not None:
        from . import shim

        shim.install(spec["shim"])


def _stream(descriptor: int, name: str, errors: str) -> Any:
    """Standard output as a terminal's would be: each line at once. The inherited one belongs to another file, so this
    is made while the descriptor is what it will be in a program: a pipe."""
    own, (read, write) = os.dup(descriptor), os.pipe()
    os.dup2(write, descriptor)
    stream = open(  # noqa: SIM115  # it is standard output for as long as the process lives
        descriptor, "w", buffering=1, encoding="utf-8", errors=errors, closefd=False
    )
    os.dup2(own, descriptor)
    for each in (own, read, write):
        os.close(each)
    stream.buffer.raw.name = name  # type: ignore[attr-defined]
    stream.mode = "w"  # type: ignore[misc]
    return stream


def _serve_without_reloader() -> None:
    """The reloader would start a cold interpreter that is not pinned; a direct call serves just the same."""
    reloader = sys.modules.get("werkzeug._reloader")
    if reloader is None:
        return

    def serve(main_func: Any, *_: Any, **__: Any) -> None:
        os.environ["WERKZEUG_RUN_MAIN"] = "true"
        main_func()

    reloader.run_with_reloader = serve  # type: ignore[attr-defined]


def _cold(spec: Spec, user_home: str, python: str) -> NoReturn:
    """A new interpreter. The ordinary start is `python main.py` and nothing else; others need a hand inside."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the keeper ignores it, and that would be inherited
    found = environment(user_home, python, spec["scratch"])
    if spec["mode"] == "run" and spec["pin"] == "natural" and spec["shim"] is None:
        if not spec["package"]:
            os.execve(python, [python, os.path.basename(spec["entry"])], found)
        name = spec["package"] + (f":{spec['factory']}" if spec["factory"] else "")
        os.execve(python, [python, "-m", "flask", "--app", name, "run"], found)
    for descriptor in (spec["claims"], spec["ask"], spec["shim"]):
        if descriptor is not None:
            os.set_inheritable(descriptor, True)
    os.execve(python, [python, "-c", _bootstrap(spec)], found)


_sources: dict[str, str] = {}


def load_sources() -> None:
    """Read, while they can still be read, the modules that a cold start carries along."""
    folder = os.path.dirname(os.path.abspath(__file__))
    for name in _COLD_PARTS:
        with open(os.path.join(folder, name + ".py"), encoding="utf-8") as file:
            _sources[name] = file.read()


def _bootstrap(spec: Spec) -> str:
    """A program text that sets up those modules as a package, and begins."""
    return (
        "import sys\n"
        "sys.path.pop(0)\n"
        f"package, sources, spec = {_OWN_PACKAGE!r}, {_sources!r}, {spec!r}\n"
        "parent = sys.modules[package] = type(sys)(package)\n"
        "parent.__path__ = []\n"
        "for name, source in sources.items():\n"
        "    module = sys.modules[package + '.' + name] = type(sys)(package + '.' + name)\n"
        "    vars(module).update(__package__=package, __file__='<' + name + '>')\n"
        "    setattr(parent, name, module)\n"
        "def load(name):\n"
        "    exec(compile(sources[name], '<' + name + '>', 'exec'), vars(sys.modules[package + '.' + name]))\n"
        "wanted = ['program', 'claims'] + (['pin_numpy', 'pin'] if spec['pin'] != 'natural' else [])\n"
        "for name in wanted + (['shim'] if spec['shim'] is not None else []):\n"
        "    load(name)\n"
        "if spec['shim'] is not None:\n"
        "    sys.modules[package + '.shim'].install(spec['shim'])\n"
        "sys.modules[package + '.program'].begin(spec)\n"
    )
