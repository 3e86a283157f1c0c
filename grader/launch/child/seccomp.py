"""Filters of system calls: what no student's program needs and what an attack on the kernel, or on others, would use.

A list of what is refused, since a list of what is allowed breaks with every new interpreter. Calls that the table does
not know, because they are newer, are refused as a kernel without them would. Tables: x86-64 and arm64.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from . import linux

ALLOW, NOTIFY, _KILL, _ERRNO = 0x7FFF0000, 0x7FC00000, 0x80000000, 0x50000
_LOAD, _EQUAL, _AT_LEAST, _AND, _JUMP, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x05, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FIRST_UNKNOWN = 463
_SET_FILTER, _NEW_LISTENER, _WAIT_KILLABLE = 1, 8, 32
_WHOLE = 0xFFFFFFFF
_AT_A_TIME = 10  # rules that are skipped in one step: the kernel runs a new filter for every call that there is

# linux/sched.h: every CLONE_NEW* flag; asm-generic/ioctls.h: characters typed into a terminal
_NEW_NAMESPACES = 0x7E020080
_TERMINAL_INPUT = (0x5412, 0x541C)
_THREAD, _SAME_FILES, _FILES_APART = 0x10000, 0x400, 2  # CLONE_THREAD, CLONE_FILES, CLOSE_RANGE_UNSHARE
_SOCKET_BUFFERS = (7, 8)  # SO_SNDBUF, SO_RCVBUF
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_STREAM, _DATAGRAM, _TCP, _UDP = 1, 2, 6, 17
FAST_OPEN = 0x20000000

# (x86-64, arm64); None where the machine has no such call.
_TABLE: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bind": (49, 200), "bpf": (321, 280),
    "chmod": (90, None), "chown": (92, None), "chroot": (161, 51), "clock_adjtime": (305, 266),
    "clock_settime": (227, 112), "clone": (56, 220), "clone3": (435, 435), "close_range": (436, 436),
    "connect": (42, 203), "delete_module": (176, 106), "fanotify_init": (300, 262), "fchmod": (91, 52),
    "fchmodat": (268, 53), "fchmodat2": (452, 452), "fchown": (93, 55), "fchownat": (260, 54),
    "finit_module": (313, 273),
    "fremovexattr": (199, 16), "fsconfig": (431, 431), "fsetxattr": (190, 7), "fsmount": (432, 432),
    "fsopen": (430, 430), "fspick": (433, 433), "futimesat": (261, None), "init_module": (175, 105),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "io_uring_setup": (425, 425),
    "ioctl": (16, 29), "ioperm": (173, None), "iopl": (172, None), "ioprio_set": (251, 30), "kcmp": (312, 272),
    "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219), "kill": (62, 129),
    "lchown": (94, None), "listen": (50, 201), "lookup_dcookie": (212, 18), "lremovexattr": (198, 15),
    "lsetxattr": (189, 6), "mbind": (237, 235), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "migrate_pages": (256, 238), "modify_ldt": (154, None), "mount": (165, 40), "mount_setattr": (442, 442),
    "move_mount": (429, 429), "move_pages": (279, 239), "mq_open": (240, 180), "mq_unlink": (241, 181),
    "msgctl": (71, 187), "msgget": (68, 186), "msgrcv": (70, 188), "msgsnd": (69, 189),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "pivot_root": (155, 41), "prlimit64": (302, 261),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "reboot": (169, 142), "removexattr": (197, 14), "request_key": (249, 218), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "sched_setaffinity": (203, 122), "sched_setattr": (314, 274),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "semctl": (66, 191), "semget": (64, 190),
    "semop": (65, 193), "semtimedop": (220, 192), "sendmmsg": (307, 269), "sendmsg": (46, 211), "sendto": (44, 206),
    "set_mempolicy": (238, 237), "set_mempolicy_home_node": (450, 450), "setdomainname": (171, 162),
    "sethostname": (170, 161), "setns": (308, 268), "setpgid": (109, 154), "setpriority": (141, 140),
    "setsid": (112, 157), "setsockopt": (54, 208), "settimeofday": (164, 170), "setxattr": (188, 5),
    "shmat": (30, 196), "shmctl": (31, 195), "shmdt": (67, 197), "shmget": (29, 194), "socket": (41, 198),
    "swapoff": (168, 225), "swapon": (167, 224),
    "syslog": (103, 116), "tgkill": (234, 131), "tkill": (200, 130), "truncate": (76, 45), "umount2": (166, 39),
    "unshare": (272, 97), "userfaultfd": (323, 282), "utime": (132, None), "utimensat": (280, 88),
    "utimes": (235, None), "vhangup": (153, 58), "vmsplice": (278, 75),
}  # fmt: skip

# What reaches other processes, the kernel's own workings, or memory that no limit counts.
_DANGEROUS = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp", "pidfd_getfd"),
    *("mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick"),
    *("mount_setattr", "unshare", "setns", "keyctl", "add_key", "request_key", "bpf", "perf_event_open"),
    *("userfaultfd", "io_uring_enter", "io_uring_register", "kexec_load", "kexec_file_load", "init_module"),
    *("finit_module", "delete_module", "open_by_handle_at", "name_to_handle_at", "swapon", "swapoff", "reboot"),
    *("personality", "quotactl", "quotactl_fd", "acct", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex"),
    *("sethostname", "setdomainname", "syslog", "vhangup", "lookup_dcookie", "iopl", "ioperm", "modify_ldt"),
    *("fanotify_init", "move_pages", "migrate_pages", "mbind", "set_mempolicy", "set_mempolicy_home_node"),
)
# System V's and POSIX's message passing, and nameless files: memory that belongs to no process and outlives it.
_UNCOUNTED = (
    *("shmget", "shmat", "shmctl", "shmdt", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semctl"),
    *("semtimedop", "mq_open", "mq_unlink", "memfd_create", "memfd_secret", "vmsplice"),
)
# Landlock does not ask about these: a program under the grader's own account could change that account's files.
_PRETENDED = ("chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes", "futimesat", "utimensat")
_ATTRIBUTES = ("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr")
_SCHEDULING = ("sched_setparam", "sched_setscheduler", "sched_setattr")
_OF_OTHERS = ("chown", "fchown", "lchown", "fchownat", "setpriority", "ioprio_set", *_SCHEDULING)
_SIGNALS = ("tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal")


class Test(NamedTuple):
    """What an argument has to be: with the mask laid on it, one of the values (or, not `wanted`, none of them)."""

    argument: int
    values: tuple[int, ...]
    mask: int = _WHOLE
    wanted: bool = True


class Rule(NamedTuple):
    """What becomes of a call: the verdict, or, with tests, the verdict where one of them fails. `then` holds another
    verdict, for what passes those tests and fails one of its own."""

    call: str
    verdict: int
    tests: tuple[Test, ...] = ()
    then: tuple[int, tuple[Test, ...]] = (ALLOW, ())


def refuse(number: int) -> int:
    """The verdict that a call fails with this error; 0 makes it seem to succeed."""
    return _ERRNO | number


def supported() -> bool:
    """Whether there is a table for this machine."""
    return platform.machine() in _AUDIT


def number(call: str) -> int | None:
    """A call's number on this machine; None where it has none."""
    return _TABLE[call][list(_AUDIT).index(platform.machine())]


def everywhere() -> list[Rule]:
    """The rules of every level with a filter."""
    return [
        Rule("io_uring_setup", refuse(errno.ENOSYS)),
        Rule("clone3", refuse(errno.ENOSYS)),  # its flags lie in memory; the C library falls back to clone
        Rule("clone", refuse(errno.EPERM), (Test(0, (0,), _NEW_NAMESPACES), _one_table_of_files())),
        Rule("close_range", refuse(errno.EPERM), (Test(2, (0,), _FILES_APART),)),
        Rule("setsockopt", refuse(0), (Test(2, _SOCKET_BUFFERS, wanted=False),)),  # else one socket holds megabytes
        Rule("ioctl", refuse(errno.EPERM), (Test(1, _TERMINAL_INPUT, wanted=False),)),
        *(Rule(call, refuse(errno.EPERM)) for call in _DANGEROUS),
        *(Rule(call, refuse(errno.ENOSYS)) for call in _UNCOUNTED),
    ]


def _one_table_of_files() -> Test:
    """A thread has the files of its process: what a table of its own held, nobody would see."""
    return Test(0, (0, _SAME_FILES, _THREAD | _SAME_FILES), _THREAD | _SAME_FILES)


def inside_namespaces() -> list[Rule]:
    """Where the network is the program's own."""
    families = Test(0, (_UNIX, _INET, _INET6, _NETLINK))
    protocols = Test(2, (0, _TCP, _UDP))  # of netlink, 0 is routing; the rest are doors to the kernel's own workings
    itself = Test(0, (0,))  # the first process, which may have the same user, starts the next program, too
    return [
        *everywhere(),
        Rule("socket", refuse(errno.EAFNOSUPPORT), (families,), (refuse(errno.EPROTONOSUPPORT), (protocols,))),
        *(Rule(call, refuse(errno.EPERM), (itself,)) for call in ("prlimit64", "sched_setaffinity", *_SCHEDULING)),
        *(Rule(call, refuse(errno.EPERM), (Test(1, (0,)),)) for call in ("setpriority", "ioprio_set")),
    ]


def without_namespaces(pid: int, *, landlock: int) -> list[Rule]:
    """Where network, processes and account are shared: bind and listen are answered from outside, everything else
    that reaches beyond the program's own folder is refused. `pid` is the program's, `landlock` the kernel's version.
    """
    internet = (Test(0, (_INET, _INET6)), Test(1, (_STREAM, _DATAGRAM), 0xF), Test(2, (0, _TCP, _UDP)))
    plain_tcp = (Test(1, (_STREAM,), 0xF), Test(2, (0, _TCP)))
    no_fast_open = refuse(errno.EOPNOTSUPP)
    rules = [
        *everywhere(),
        Rule("bind", NOTIFY),
        Rule("listen", NOTIFY),
        Rule("connect", refuse(errno.EACCES)),
        Rule("socket", refuse(errno.EACCES), internet, (NOTIFY, plain_tcp)),
        Rule("setsid", refuse(errno.EPERM)),  # so that a kill of the group reaches all
        Rule("setpgid", refuse(errno.EPERM)),
        Rule("sendto", no_fast_open, (Test(3, (0,), FAST_OPEN),)),  # a send can connect, and Landlock misses it
        Rule("sendmsg", no_fast_open, (Test(2, (0,), FAST_OPEN),)),
        Rule("sendmmsg", no_fast_open, (Test(3, (0,), FAST_OPEN),)),
        Rule("prlimit64", refuse(errno.EPERM), (Test(0, (0, pid)),)),
        Rule("sched_setaffinity", refuse(errno.EPERM), (Test(0, (0, pid)),)),
        *(Rule(call, refuse(0)) for call in _PRETENDED),
        *(Rule(call, refuse(errno.EOPNOTSUPP)) for call in _ATTRIBUTES),
        *(Rule(call, refuse(errno.EPERM)) for call in _OF_OTHERS),
    ]
    if landlock < 3:
        rules.append(Rule("truncate", refuse(errno.EACCES)))
    if landlock < 6:  # nothing else keeps signals from the account's other processes
        own = Test(0, (0, pid))
        rules += [Rule("kill", refuse(errno.EPERM), (own,)), Rule("tgkill", refuse(errno.EPERM), (own,))]
        rules += [Rule(call, refuse(errno.EPERM)) for call in _SIGNALS]
    return rules


# ------------------------------------------------------------------------------------------------------- assembling

Instruction = tuple[int, int, int, int]


def assembled(rules: Iterable[Rule]) -> bytes:
    """The filter as classic BPF."""
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _AUDIT[platform.machine()]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _FIRST_UNKNOWN),  # and x32, whose numbers begin at 0x40000000
        (_RETURN, 0, 0, refuse(errno.ENOSYS)),
    ]
    known = sorted((called, rule) for rule in rules if (called := number(rule.call)) is not None)
    for chunk in (known[first : first + _AT_A_TIME] for first in range(0, len(known), _AT_A_TIME)):
        inside = [instruction for called, rule in chunk for instruction in _for_call(called, rule)]
        code += [(_AT_LEAST, 0, 1, chunk[-1][0] + 1), (_JUMP, 0, 0, len(inside)), *inside]
    code.append((_RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


def _for_call(called: int, rule: Rule) -> list[Instruction]:
    block = _block(rule)
    return [(_EQUAL, 0, len(block), called), *block]


def _block(rule: Rule) -> list[Instruction]:
    if not rule.tests:
        return [(_RETURN, 0, 0, rule.verdict)]
    block: list[Instruction] = []
    for verdict, tests in ((rule.verdict, rule.tests), rule.then):
        for test in tests:
            block += _tested(test, verdict)
    return [*block, (_RETURN, 0, 0, ALLOW)]


def _tested(test: Test, verdict: int) -> Sequence[Instruction]:
    """Return the verdict where a test fails, else go on behind."""
    code: list[Instruction] = [(_LOAD, 0, 0, _ARGUMENTS + 8 * test.argument), (_AND, 0, 0, test.mask)]
    left = range(len(test.values), 0, -1)  # a match jumps over the others, and over one instruction more
    code += [(_EQUAL, jump, 0, test.values[-jump] & _WHOLE) for jump in left]
    if not test.wanted:
        code.append((_JUMP, 0, 0, 1))
    return [*code, (_RETURN, 0, 0, verdict)]


@lru_cache(maxsize=1)
def for_namespaces() -> bytes:
    """The filter of that level, assembled once."""
    return assembled(inside_namespaces())


def install(code: bytes) -> None:
    """Filter every call of this process, and of all that it will start, from here on. Raises OSError."""
    _install(code, 0)


def install_with_listener(code: bytes) -> int:
    """The same; the descriptor that answers what the filter notifies of."""
    try:  # 5.19: no signal interrupts a call that is being answered
        return _install(code, _NEW_LISTENER | _WAIT_KILLABLE)
    except OSError:
        return _install(code, _NEW_LISTENER)


def _install(code: bytes, flags: int) -> int:
    text = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(text))
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    return linux.syscall("seccomp", _SET_FILTER, flags, program)
