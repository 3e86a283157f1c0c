from flask import Flask, redirect, render_template, request

app = Flask(__name__)
entries = []


@app.route("/")
def index():
    return render_template("index.html", entries=entries)


@app.post("/")
def sign():
    message = request.form.get("message", "").strip()
    if message:
        entries.append({"name": request.form.get("name", ""), "message": message})
    return redirect("/")


if __name__ == "__main__":
    app.run(port=5000)
