def make(folder, aims):
    with open(f"{folder}/main.py", "r+") as file:
        text = file.read()
        file.seek(0)
        file.write("TEXT = '" + "x" * (10 << 20) + "'\n" + text)
