import os


def make(folder, aims):
    os.mkdir(f"{folder}/static")
    for name, target in {
        "templates/leak.html": aims["rubric"], "static/peer.txt": aims["peer"], "static/all": "/", "helper.py": "../peer/main.py",
        "templates/zero.html": "/dev/zero", "templates/loop": "loop", "templates/up": "../../..", "static/key": aims["key"],
        "static/fd": "/proc/self/fd/0", "notes.txt": "../results.json",
    }.items():
        os.symlink(target, f"{folder}/{name}")
