LINES = [
    "a = " + "+".join(["1"] * 20_000), "b = " + "-" * 20_000 + "1", "c = " + "x" + ".x" * 20_000, "d = " + "f(" * 150 + ")" * 150,
    "e = " + "[" * 150 + "]" * 150, "g = " + " if 1 else ".join(["1"] * 20_000), "lambda: " * 5_000 + "1", "h = " + "not " * 20_000 + "1",
]


def make(folder, aims):
    for number, line in enumerate(LINES):
        with open(f"{folder}/deep{number}.py", "w") as file:
            file.write("from flask import Flask\napp = Flask(__name__)\n" * (number % 2) + line + "\n")
    with open(f"{folder}/deep.py", "w") as file:
        for depth in range(95):
            file.write(" " * depth + "if 1:\n")
        file.write(" " * 95 + "pass\n")
