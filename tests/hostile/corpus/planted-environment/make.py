import os
import py_compile


def make(folder, aims):
    site = f"{folder}/lib/python3.11/site-packages"
    os.makedirs(site)
    os.makedirs(f"{folder}/__pycache__")
    with open(f"{folder}/pyvenv.cfg", "w") as file:
        file.write("home = /usr/bin\ninclude-system-site-packages = true\n")
    with open(f"{site}/trap.pth", "w") as file:
        file.write("import os; os.write(1, b'OUT pth: it ran\\n')\n")
    with open(f"{folder}/trap.txt", "w") as file:
        file.write("import os\nos.write(1, b'OUT compiled: it ran\\n')\nfrom flask import Flask\napp = Flask('lab')\n")
    for version in ("311", "312", "313"):
        py_compile.compile(f"{folder}/trap.txt", f"{folder}/__pycache__/lab.cpython-{version}.pyc", "lab.py", doraise=True,
                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    py_compile.compile(f"{folder}/trap.txt", f"{folder}/random.pyc", "random.py", doraise=True)
    for name in ("base.html", "base.htm"):
        os.makedirs(f"{folder}/.mypy_cache/{name}")
