import os


def make(folder, aims):
    os.makedirs(folder + "/d" * 100)
    open(folder + "/d" * 100 + "/x.py", "w").close()
