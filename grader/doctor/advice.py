"""What to do for a higher level, on this machine."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence

from grader.doctor.diagnosis import Advice, Interpreter, Machine, Trial
from grader.doctor.machine import version_of
from grader.model import Level

_TABLES = ("x86_64", "aarch64")
_NAMESPACES_FROM, _LANDLOCK_FROM = (5, 12), (5, 13)
_SYSTEM_PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")
_CONTAINER = 'docker run --rm -it --cap-add SYS_PTRACE -v "$PWD:/work" -w /work IMAGE'


def advice(machine: Machine, programs: Interpreter, trials: Sequence[Trial]) -> tuple[Advice, ...]:
    """Each with what it is good for; nothing where the highest level works."""
    lacking = {trial.level for trial in trials if not trial.works}
    if Level.NAMESPACES not in lacking:
        return ()
    if machine.system != "Linux":
        return (_not_linux(machine),)
    found = [
        *_of_interpreter(machine, programs, lacking),
        *_of_kernel(machine, lacking),
        *_of_user_namespaces(machine, programs),
        *_of_tracing(machine, lacking),
        *_of_container(machine, lacking),
    ]
    return tuple(found) or (_nothing_known(trials),)


def _not_linux(machine: Machine) -> Advice:
    return Advice(
        f"{'macOS' if machine.system == 'Darwin' else machine.system} offers no wall that the grader can build: one's "
        "own work can be graded here. For the work of others, run the grader in a Linux virtual machine, or in a "
        "container that holds nothing else (IMAGE: one in which it is installed).",
        (_CONTAINER, "grade doctor"),
    )


def _of_interpreter(machine: Machine, programs: Interpreter, lacking: set[Level]) -> Iterator[Advice]:
    if not machine.root or len(lacking) < len(Level) - 1:
        return
    if not machine.can_change_user:
        yield Advice(
            "Students' programs are never run as root, and this root cannot let another user run them. Start the "
            "grader as an ordinary user" + (", in a container by --user 1000." if machine.container else ".")
        )
    if not programs.closed:
        return
    yield Advice(
        "As root, the grader runs programs as a user without rights, and that one cannot use "
        f"{programs.executable}. Open the way to it:",
        tuple(f"chmod {gate.right} {shlex.quote(gate.path)}" for gate in programs.closed),
    )
    other = next((path for path in _SYSTEM_PYTHONS if os.path.exists(path)), "")
    if other and os.path.realpath(other) != programs.executable:
        yield Advice(
            "Or run programs with another Python, for which Flask is installed:", (f"grade --python {other} PATH",)
        )


def _of_kernel(machine: Machine, lacking: set[Level]) -> Iterator[Advice]:
    kernel = version_of(machine.kernel)
    if machine.machine not in _TABLES:
        yield Advice(
            f"The two upper levels know the system calls of x86-64 and arm64, not those of {machine.machine}: "
            "use another machine for the work of others."
        )
    if machine.wsl == 1:
        yield Advice(
            "This is WSL 1, which has no Linux kernel. In Windows:", ("wsl --list", "wsl --set-version NAME 2")
        )
    elif kernel < _LANDLOCK_FROM:
        text = f"Linux {machine.kernel} is too old: namespaces needs 5.12 or later, landlock 5.13."
        if machine.wsl:
            yield Advice(f"{text} In Windows:", ("wsl --update", "wsl --shutdown"))
        else:
            yield Advice(f"{text} Update the system{', that of the host' if machine.container else ''}.")
    elif Level.LANDLOCK in lacking and machine.security_modules and "landlock" not in machine.security_modules:
        modules = ",".join(["landlock", *machine.security_modules])
        yield Advice(
            "The kernel has Landlock switched off. Add this to its command line, in the settings of the boot loader, "
            "and start the machine anew:",
            (f"lsm={modules}",),
        )


def _of_user_namespaces(machine: Machine, programs: Interpreter) -> Iterator[Advice]:
    """For those who are not root; root needs none."""
    if machine.root:
        return
    if machine.restricted_by_apparmor:
        yield from _of_apparmor(os.path.realpath(programs.path))
    if not machine.unprivileged_namespaces:
        yield Advice(
            "User namespaces are switched off for ordinary accounts (kernel.unprivileged_userns_clone=0). To have "
            "them on this machine, for all its accounts:",
            _sysctl("kernel.unprivileged_userns_clone=1"),
        )
    if machine.most_user_namespaces == 0:
        yield Advice(
            "No user namespace may be made (user.max_user_namespaces=0). To have them, for all accounts of this machine"
            f"{', on the host' if machine.container else ''}:",
            _sysctl("user.max_user_namespaces=15000"),
        )


def _of_tracing(machine: Machine, lacking: set[Level]) -> Iterator[Advice]:
    if machine.ptrace_scope >= 2 and Level.LANDLOCK in lacking and not machine.root:
        yield Advice(
            "Nobody may look into the processes that he has started, which is how landlock watches "
            f"(kernel.yama.ptrace_scope={machine.ptrace_scope}). To allow that, and no more:",
            _sysctl("kernel.yama.ptrace_scope=1"),
        )


def _sysctl(setting: str) -> tuple[str, ...]:
    return (f"echo {setting} | sudo tee /etc/sysctl.d/grade.conf", "sudo sysctl --system")


def _of_apparmor(executable: str) -> Iterator[Advice]:
    yield Advice(
        "AppArmor lets only programs with a profile use user namespaces (kernel.apparmor_restrict_unprivileged_userns"
        "=1). Leave that as it is, and give this one Python a profile:",
        (
            "sudo tee /etc/apparmor.d/grade <<'END'",
            "abi <abi/4.0>,",
            "include <tunables/global>",
            f'profile grade "{executable}" flags=(unconfined) {{',
            "  userns,",
            "}",
            "END",
            "sudo apparmor_parser -r /etc/apparmor.d/grade",
            "grade doctor",
        ),
    )
    if executable.startswith("/usr/"):
        yield Advice(
            f"Every program that {executable} runs then has them. A copy of its own is narrower: make one, install "
            "flask in it, and name DIR/bin/python3 in the profile and after --python:",
            ("python3 -m venv --copies DIR", "DIR/bin/pip install flask"),
        )


def _of_container(machine: Machine, lacking: set[Level]) -> Iterator[Advice]:
    if not machine.container:
        return
    if Level.LANDLOCK in lacking:
        yield Advice(
            f"This is a container ({machine.container}). For landlock it needs one capability more than Docker gives; "
            "Podman gives what it takes to whoever is not root inside:",
            ("docker run --cap-add SYS_PTRACE ...",),
        )
    yield Advice(
        "For namespaces, a container has to leave user namespaces, mounts and a whole /proc to an ordinary user "
        "inside. Its own wall is thinner then: use one that holds nothing but the grader.",
        (
            "docker run --user 1000 --security-opt seccomp=unconfined \\",
            "  --security-opt apparmor=unconfined \\",
            "  --security-opt systempaths=unconfined ...",
            "podman run --user 1000 --security-opt seccomp=unconfined \\",
            "  --security-opt label=disable --security-opt unmask=ALL ...",
        ),
    )


def _nothing_known(trials: Sequence[Trial]) -> Advice:
    out = [attempt for trial in trials for attempt in trial.attempts if attempt.result == "out"]
    if out:
        return Advice(
            "A wall of the grader's leaks here. Please report this page; nothing on this machine is at fault."
        )
    return Advice(
        "What stopped the higher level is told above; whoever looks after this machine may know the rule behind it. "
        "As root, or in a virtual machine of one's own, no rule for ordinary accounts is in the way."
    )
