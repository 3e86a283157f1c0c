"""The filters of system calls: their numbers against the kernel's own headers, their verdicts by running the BPF."""

from __future__ import annotations

import errno
import random
import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from grader.launch.child import seccomp
from grader.launch.child.seccomp import ALLOW, NOTIFY, Rule, refuse

MACHINES = ("x86_64", "aarch64")
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i386": 0x40000003, "arm": 0x40000028}
HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}
KILL = 0x80000000
PID = 4711
FLAGS = {"CLONE_NEWUSER": 0x10000000, "CLONE_NEWNET": 0x40000000, "CLONE_NEWTIME": 0x80, "CLONE_VM": 0x100}
UNIX, INET, INET6, NETLINK, PACKET, ALG, VSOCK = 1, 2, 10, 16, 17, 38, 40
STREAM, DATAGRAM, RAW, NONBLOCK = 1, 2, 3, 0o4000
TCP, UDP, MPTCP, SCTP = 6, 17, 262, 132
SOCK_DIAG, AUDIT, UEVENT, GENERIC = 4, 9, 15, 16


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    monkeypatch.setattr(seccomp.platform, "machine", lambda: name)
    return name


# ------------------------------------------------------------------------------------------------------- the table


def numbers_in(header: str) -> dict[str, int]:
    found = {}
    for name, value in re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)\b", header, flags=re.MULTILINE):
        found.setdefault(name, int(value))
    return found


@pytest.mark.parametrize("machine", MACHINES)
def test_every_number_is_the_kernel_s(machine: str) -> None:
    path = next((path for path in map(Path, HEADERS[machine]) if path.exists()), None)
    if path is None:
        pytest.skip("no kernel headers for this machine")
    true = numbers_in(path.read_text())
    assert len(true) > 250
    newest = max(number for name, number in true.items() if name not in ("syscalls", "arch_specific_syscall"))
    for name, pair in seccomp._TABLE.items():
        number = pair[MACHINES.index(machine)]
        if number is None or number <= newest:
            assert true.get(name) == number, name


def test_no_number_stands_twice_and_none_is_beyond_what_is_known() -> None:
    for column in range(len(MACHINES)):
        numbers = [pair[column] for pair in seccomp._TABLE.values() if pair[column] is not None]
        assert len(numbers) == len(set(numbers))
        assert max(numbers) < seccomp._FIRST_UNKNOWN


def test_every_call_of_a_rule_is_in_the_table(machine: str) -> None:
    rules = [*seccomp.inside_namespaces(), *seccomp.without_namespaces(PID, landlock=1)]
    assert {rule.call for rule in rules} <= set(seccomp._TABLE)
    used = {rule.call for rule in rules} | {"pidfd_getfd"}
    assert set(seccomp._TABLE) == used, "the table holds nothing that no rule uses"


def test_a_machine_without_a_table_is_not_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp.platform, "machine", lambda: "riscv64")
    assert not seccomp.supported()


# ------------------------------------------------------------------------------------------------------- running it


class Filter:
    """A small interpreter of classic BPF on struct seccomp_data, as strict as the kernel about what it takes."""

    def __init__(self, code: bytes) -> None:
        self.code = [struct.unpack_from("HBBI", code, at) for at in range(0, len(code), 8)]
        assert 0 < len(self.code) <= 4096
        for at, (kind, yes, no, value) in enumerate(self.code):
            if kind in (0x15, 0x35):
                assert at + 1 + max(yes, no) < len(self.code), "no jump leads out"
            elif kind == 0x05:
                assert at + 1 + value < len(self.code)
            elif kind == 0x20:
                assert value % 4 == 0
                assert value < 64
            else:
                assert kind in (0x54, 0x06), hex(kind)
        assert self.code[-1][0] == 0x06, "it ends with a verdict"

    def __call__(self, architecture: int, number: int, *arguments: int) -> int:
        padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
        data = struct.pack("=IIQ6Q", number, architecture, 0x7FFF1234, *(a & (1 << 64) - 1 for a in padded))
        at = accumulator = 0
        while True:
            kind, yes, no, value = self.code[at]
            at += 1
            if kind == 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            elif kind == 0x54:
                accumulator &= value
            elif kind == 0x15:
                at += yes if accumulator == value else no
            elif kind == 0x35:
                at += yes if accumulator >= value else no
            elif kind == 0x05:
                at += value
            else:
                return value


class Calls:
    """A filter on one machine, called by name."""

    def __init__(self, rules: Sequence[Rule], machine: str) -> None:
        self.filter, self.machine = Filter(seccomp.assembled(rules)), machine

    def __call__(self, call: str, *arguments: int) -> int:
        number = seccomp.number(call)
        assert number is not None, f"{call} does not exist there"
        return self.filter(ARCHITECTURES[self.machine], number, *arguments)


def passes(test: seccomp.Test, arguments: Sequence[int]) -> bool:
    found = arguments[test.argument] & test.mask & 0xFFFFFFFF
    return (found in [value & 0xFFFFFFFF for value in test.values]) is test.wanted


def expected(rules: Sequence[Rule], call: str, arguments: Sequence[int]) -> int:
    """What the rules mean, told without any jump."""
    rule = next((rule for rule in rules if rule.call == call), None)
    if rule is None:
        return ALLOW
    if not rule.tests or not all(passes(test, arguments) for test in rule.tests):
        return rule.verdict
    verdict, tests = rule.then
    return ALLOW if all(passes(test, arguments) for test in tests) else verdict


def all_filters() -> Iterator[list[Rule]]:
    yield seccomp.inside_namespaces()
    for version in range(1, 8):
        yield seccomp.without_namespaces(PID, landlock=version)


def arguments_for(rule: Rule, chance: random.Random, count: int) -> Iterator[list[int]]:
    """What its tests look for, what is next to that, the same with other bits set, and anything."""
    tests = [*rule.tests, *rule.then[1]]
    for _ in range(count):
        found = [chance.getrandbits(chance.choice((3, 8, 32, 64))) for _ in range(6)]
        for test in tests:
            if chance.random() < 0.8:
                value = chance.choice(test.values)
                value += chance.choice((0, 0, 0, 1, -1))
                value ^= chance.choice((0, 0, 1 << 32, NONBLOCK, 0x80, 1 << 31))
                found[test.argument] = value
        yield found


@pytest.mark.parametrize("count", [8, pytest.param(200, marks=pytest.mark.slow)])
def test_each_rule_means_what_it_says_whatever_the_arguments(machine: str, count: int) -> None:
    chance = random.Random(1)
    for rules in all_filters():
        calls = Calls(rules, machine)
        for rule in rules:
            if seccomp.number(rule.call) is None:
                continue
            for arguments in arguments_for(rule, chance, count):
                told = calls(rule.call, *arguments)
                assert told == expected(rules, rule.call, arguments), (rule, arguments)


def test_a_thread_has_the_files_of_its_process(machine: str) -> None:
    thread, files = 0x10000, 0x400
    for rules in all_filters():
        calls = Calls(rules, machine)
        assert calls("clone", thread) == refuse(errno.EPERM)
        assert [calls("clone", flags) for flags in (0, files, thread | files, 17)] == [ALLOW] * 4
        assert calls("close_range", 3, 9, 2) == refuse(errno.EPERM)
        assert calls("close_range", 3, 9, 4) == calls("close_range", 3, 9, 0) == ALLOW


def test_every_other_call_passes(machine: str) -> None:
    for rules in all_filters():
        run = Filter(seccomp.assembled(rules))
        held = {seccomp.number(rule.call) for rule in rules}
        for number in range(seccomp._FIRST_UNKNOWN):
            if number not in held:
                assert run(ARCHITECTURES[machine], number, *[1 << 63 | 1] * 6) == ALLOW


def test_a_call_that_is_newer_or_of_x32_does_not_exist(machine: str) -> None:
    nowhere = refuse(errno.ENOSYS)
    for rules in all_filters():
        run = Filter(seccomp.assembled(rules))
        for number in (463, 500, 1 << 29, 0x40000000, 0x40000000 + 101, 0x40000000 + 520, 0xFFFFFFFF):
            assert run(ARCHITECTURES[machine], number) == nowhere


@pytest.mark.parametrize("number", [0, 26, 101, 59, 463])
def test_a_call_of_another_architecture_ends_the_process(machine: str, number: int) -> None:
    for rules in all_filters():
        run = Filter(seccomp.assembled(rules))
        for name, architecture in ARCHITECTURES.items():
            if name != machine:
                assert run(architecture, number) == KILL


# ---------------------------------------------------------------------------------------------- what must not pass

EVERYWHERE = ("ptrace", "process_vm_readv", "mount", "unshare", "setns", "keyctl", "add_key", "bpf",
              "perf_event_open", "userfaultfd", "open_by_handle_at", "personality", "kexec_load", "init_module",
              "reboot", "swapon", "pidfd_getfd", "io_uring_enter", "chroot", "pivot_root", "move_mount", "fsopen",
              "mount_setattr")  # fmt: skip


def test_what_reaches_the_kernel_or_other_processes_is_refused_everywhere(machine: str) -> None:
    for rules in all_filters():
        calls = Calls(rules, machine)
        assert {calls(call) for call in EVERYWHERE} == {refuse(errno.EPERM)}
        assert {calls(c) for c in ("io_uring_setup", "clone3", "shmget", "mq_open", "memfd_create")} == {
            refuse(errno.ENOSYS)
        }
        for name, flag in FLAGS.items():
            assert (calls("clone", flag | 17) == ALLOW) is (name == "CLONE_VM"), name
        assert calls("clone", FLAGS["CLONE_VM"] | 0x3D0F00) == ALLOW, "a thread"
        assert calls("ioctl", 0, 0x5412) == calls("ioctl", 0, 1 << 32 | 0x541C) == refuse(errno.EPERM)
        assert calls("ioctl", 0, 0x5413) == calls("ioctl", 0, 0x5421) == ALLOW, "window size, non-blocking"


def test_inside_namespaces_only_harmless_families_of_sockets_exist(machine: str) -> None:
    calls = Calls(seccomp.inside_namespaces(), machine)
    assert {calls("socket", family, DATAGRAM) for family in (UNIX, INET, INET6, NETLINK)} == {ALLOW}
    for family in (PACKET, ALG, VSOCK, 0, 0xFFFFFFFF):
        assert calls("socket", family, RAW) == refuse(errno.EAFNOSUPPORT)
    for family in (INET, INET6):
        assert calls("socket", family, STREAM, TCP) == calls("socket", family, DATAGRAM, UDP) == ALLOW
        assert calls("socket", family, STREAM, MPTCP) == refuse(errno.EPROTONOSUPPORT)
    for protocol in (SOCK_DIAG, AUDIT, UEVENT, GENERIC):
        assert calls("socket", NETLINK, RAW, protocol) == refuse(errno.EPROTONOSUPPORT)
    for call in ("bind", "listen", "connect", "setsid", "kill", "fchmod", "sendto"):
        assert calls(call, 1, 2, 3, 0xFFFFFFFF) == ALLOW


def test_without_namespaces_the_network_is_answered_from_outside(machine: str) -> None:
    calls = Calls(seccomp.without_namespaces(PID, landlock=7), machine)
    assert calls("bind", 3) == calls("listen", 3) == NOTIFY
    assert calls("connect", 3) == refuse(errno.EACCES)
    for family in (INET, INET6):
        assert calls("socket", family, STREAM, 0) == calls("socket", family, STREAM | NONBLOCK, TCP) == ALLOW
        assert calls("socket", family, DATAGRAM, 0) == calls("socket", family, DATAGRAM | NONBLOCK, UDP) == NOTIFY
        assert calls("socket", family, STREAM, MPTCP) == refuse(errno.EACCES)
        assert calls("socket", family, RAW, 0) == calls("socket", family, STREAM, SCTP) == refuse(errno.EACCES)
    for family in (UNIX, NETLINK, PACKET, VSOCK):
        assert calls("socket", family, STREAM) == refuse(errno.EACCES)
    for call, place in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        flags = [0] * 6
        assert calls(call, *flags) == ALLOW
        flags[place] = 0x20000000 | 0x4000
        assert calls(call, *flags) == refuse(errno.EOPNOTSUPP)


def test_without_namespaces_nothing_of_the_account_s_is_changed(machine: str) -> None:
    calls = Calls(seccomp.without_namespaces(PID, landlock=7), machine)
    assert calls("setsid") == calls("setpgid") == calls("fchown") == calls("setpriority") == refuse(errno.EPERM)
    assert calls("fchmod") == calls("fchmodat") == calls("utimensat") == refuse(0), "it seems to succeed"
    assert calls("fsetxattr") == refuse(errno.EOPNOTSUPP)
    assert calls("prlimit64", 0) == calls("prlimit64", PID) == ALLOW
    assert calls("prlimit64", PID + 1) == calls("sched_setaffinity", 1) == refuse(errno.EPERM)


@pytest.mark.parametrize("version", range(1, 8))
def test_what_an_older_landlock_misses_is_refused_here(machine: str, version: int) -> None:
    calls = Calls(seccomp.without_namespaces(PID, landlock=version), machine)
    assert calls("truncate") == (refuse(errno.EACCES) if version < 3 else ALLOW)
    assert calls("kill", PID, 9) == calls("kill", 0, 9) == calls("tgkill", PID, PID + 3, 10) == ALLOW
    others = refuse(errno.EPERM) if version < 6 else ALLOW
    assert calls("kill", PID + 1, 9) == calls("kill", -1 & 0xFFFFFFFF, 9) == calls("tkill", PID) == others
    assert calls("pidfd_send_signal", 3, 9) == calls("rt_sigqueueinfo", 1, 9) == others


def test_the_filter_of_namespaces_is_assembled_once() -> None:
    if seccomp.supported():
        assert seccomp.for_namespaces() is seccomp.for_namespaces()
