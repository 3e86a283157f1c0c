import os
import socket


def make(folder, aims):
    os.mkfifo(f"{folder}/templates/pipe.html")
    os.mkfifo(f"{folder}/secrets.py")
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("bus")
    os.chdir("/")
    with open(f"{folder}/tool", "w") as file:
        file.write("#!/bin/sh\nid\n")
    os.chmod(f"{folder}/tool", 0o6777)
