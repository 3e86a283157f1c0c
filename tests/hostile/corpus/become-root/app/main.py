import os
import random
import shutil
import subprocess
import time

from aims import attempt, libc
from lab import app


def become(*how):
    how[0](*how[1:])
    return os.geteuid() == 0 or os.getegid() == 0


def setuid_copy():
    """A copy of the shell with every bit set: who runs it is who owns it, and that is nobody else."""
    target = os.path.join(os.environ["HOME"], "sh")
    shutil.copy("/bin/sh", target)
    os.chmod(target, 0o6755)
    before = f"{os.getuid()} {os.getgid()}"
    said = subprocess.run([target, "-p", "-c", "id -u; id -g"], capture_output=True, text=True, timeout=1).stdout
    return said.split() != before.split() and said


def by_helpers():
    """Programs of the system that are root's own and become so for whoever runs them. Some of them think for long."""
    begun = []
    for command in (["su", "-c", "id"], ["sudo", "-n", "id"], ["newgrp", "root"]):
        try:
            begun.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
        except OSError:
            continue
    time.sleep(0.1)
    for one in begun:
        one.kill()
    return "uid=0" in "".join(one.communicate()[0] for one in begun)


def status(name):
    with open("/proc/self/status") as lines:
        return next(line.split()[1] for line in lines if line.startswith(name + ":"))


if __name__ == "__main__":
    attempt("be root", lambda: 0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid(), *os.getgroups()))
    attempt("setuid", become, os.setuid, 0)
    attempt("setresuid", become, os.setresuid, 0, 0, 0)
    attempt("setgid", become, os.setgid, 0)
    attempt("setgroups", lambda: os.setgroups([0]) or True)
    attempt("capabilities", lambda: [n for n in ("CapInh", "CapPrm", "CapEff", "CapAmb") if int(status(n), 16)])
    attempt("new privileges", lambda: status("NoNewPrivs") != "1")
    attempt("securebits", lambda: libc.prctl(28, 1, 0, 0, 0) == 0)
    attempt("setuid copy", setuid_copy)
    attempt("helpers", by_helpers)

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
