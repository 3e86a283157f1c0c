"""What a hostile submission is after, and how it says what came of it. Laid beside its main.py by the harness.

A line "OUT name: …" in the output says that an attempt got something that it must not get, "TRIED name: …" that it was
made and came to nothing.
"""

import ctypes
import json
import os

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "aims.json")) as file:
    AIMS = json.load(file)

libc = ctypes.CDLL(None, use_errno=True)


def attempt(name, function, *arguments):
    """Try something; what it gives, if anything, is what it got."""
    try:
        got = function(*arguments)
    except (Exception, SystemExit) as error:
        tell("TRIED", name, f"{type(error).__name__}: {error}")
        return None
    tell("OUT" if got else "TRIED", name, repr(got) if got else "nothing")
    return got


def tell(word, name, detail=""):
    """One line in one write, so that threads and processes do not mix theirs."""
    os.write(1, f"{word} {name}: {detail}".replace("\n", " ")[:300].encode("utf-8", "replace") + b"\n")


def call(function, *arguments):
    """A function of the C library; True where it succeeds, OSError where it does not."""
    if isinstance(function, str):
        function = getattr(libc, function)
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = function(*passed)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return f"gave {result}"


def syscall(number, *arguments):
    """A raw system call."""
    return call(libc.syscall, number, *arguments)


def in_a_child(function):
    """Run it in a child of its own, for what may kill; what it gives, as text."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            got = function()
            os.write(write, b"+" + repr(got).encode()[:200] if got else b"-")
        except BaseException as error:
            os.write(write, b"!" + repr(error).encode()[:200])
        finally:
            os._exit(0)
    os.close(write)
    said = b""
    while data := os.read(read, 4096):
        said += data
    os.close(read)
    _, status = os.waitpid(child, 0)
    if said.startswith(b"+"):
        return said[1:].decode()
    raise OSError(said.decode() if said else f"ended with status {status}")
