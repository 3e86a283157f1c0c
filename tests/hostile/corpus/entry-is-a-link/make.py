import os


def make(folder, aims):
    os.symlink("../peer/main.py", f"{folder}/main.py")
    os.mkdir(f"{folder}/templates")
    os.symlink(aims["rubric"], f"{folder}/templates/base.html")
