def make(folder, aims):
    with open(f"{folder}/main.py", "a") as file:
        file.write("value = " + "(" * 100_000 + ")" * 100_000 + "\n")
