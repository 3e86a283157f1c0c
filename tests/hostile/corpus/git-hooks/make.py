import os


def make(folder, aims):
    os.makedirs(f"{folder}/.git/hooks")
    os.makedirs(f"{folder}/.git/objects")
    os.makedirs(f"{folder}/.git/refs/heads")
    trap = f"{folder}/.git/trap.sh"
    with open(trap, "w") as file:
        file.write(f"#!/bin/sh\ntouch {aims['class']}/{aims['mark']}\n")
    os.chmod(trap, 0o755)
    with open(f"{folder}/.git/HEAD", "w") as file:
        file.write("ref: refs/heads/main\n")
    with open(f"{folder}/.git/config", "w") as file:
        file.write(f"[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {trap}\n\tpager = {trap}\n\tsshCommand = {trap}\n")
    with open(f"{folder}/.gitattributes", "w") as file:
        file.write("* filter=trap\n")
    os.symlink(trap, f"{folder}/.git/hooks/post-checkout")
