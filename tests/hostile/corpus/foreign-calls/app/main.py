import ctypes
import mmap
import os
import platform
import random
import signal

from aims import attempt, in_a_child, libc
from lab import app


def x32():
    """getpid by its number in the x32 table."""
    if platform.machine() != "x86_64":
        return None
    result = libc.syscall(ctypes.c_long(0x40000000 | 39))
    return result if result > 0 else None


def int80():
    """getpid as a 32-bit program asks for it."""
    if platform.machine() != "x86_64":
        return None
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20; int 0x80; ret
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    result = function()
    return result if result > 0 else None


if __name__ == "__main__":
    attempt("x32", in_a_child, x32)
    attempt("int80", in_a_child, int80)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
