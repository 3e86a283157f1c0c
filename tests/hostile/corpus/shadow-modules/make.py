NAMES = ("sitecustomize", "usercustomize", "conftest", "yaml", "bs4", "requests", "rich", "grader", "lxml", "re2",
         "_launch", "coverage", "pytest", "setup", "__init__", "test_main", "tests")
TRAP = """
import os
import sys

try:
    with open({path!r}, "w") as file:
        file.write("ran")
finally:
    os.write(1, b"OUT shadow: {name} was imported\\n")
"""


def make(folder, aims):
    for name in NAMES:
        with open(f"{folder}/{name}.py", "w") as file:
            file.write(TRAP.format(path=f"{aims['class']}/{aims['mark']}-{name}", name=name))
