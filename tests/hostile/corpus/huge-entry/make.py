def make(folder, aims):
    with open(f"{folder}/main.py", "w") as file:
        for _ in range(100):
            file.write("# " + "x" * (1 << 20) + "\n")
