def make(folder, aims):
    with open(f"{folder}/main.py", "ab") as file:
        file.write(b"x = 1\0\0\n" + b"\0" * 1000)
