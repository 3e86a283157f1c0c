def make(folder, aims):
    lines = ["import " + "a," * 20_000 + "time", "if " + "name" * 20_000, "from x import (" + " " * 100_000, "app" + ".run" * 10_000 + "(",
             " " * 100_000 + "@app.route", "@app.route('" + "/<" * 20_000 + "')", "# " + "app = Flask(" * 5_000, "'" * 30_001]
    with open(f"{folder}/other.py", "w") as file:
        file.write("\n".join(lines) + "\n")
    with open(f"{folder}/templates/other.html", "w") as file:
        file.write("{{" * 50_000 + "<h1" * 50_000 + "{% extends '" * 10_000)
