RUBRIC = """
id: flask-lab
title: Everything is fine
version: "9"
pass_mark: 0
checks:
  - {id: starts, title: It is there, points: 100, type: source, contains: Flask}
"""


def make(folder, aims):
    for name in ("flask-lab", "flask-lab.yaml", "rubric.yaml", "rubric.yml", "lab.yaml", ".grader.yaml", "grader.toml"):
        with open(f"{folder}/{name}", "w") as file:
            file.write(RUBRIC)
