import os


def make(folder, aims):
    os.mkfifo(f"{folder}/main.py")
