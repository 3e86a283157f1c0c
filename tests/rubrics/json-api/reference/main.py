from itertools import count

from flask import Flask, jsonify, request

app = Flask(__name__)
notes = {}
ids = count(1)


@app.after_request
def allow_other_pages(answer):
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return answer


@app.get("/api/notes")
def list_notes():
    return jsonify(list(notes.values()))


@app.post("/api/notes")
def make_note():
    text = request.get_json().get("text")
    if not text:
        return {"error": "a note needs a text"}, 400
    note = {"id": next(ids), "text": text}
    notes[note["id"]] = note
    return note, 201


@app.get("/api/notes/<int:id>")
def read_note(id):
    if id not in notes:
        return {"error": "there is no such note"}, 404
    return notes[id]


@app.delete("/api/notes/<int:id>")
def delete_note(id):
    notes.pop(id, None)
    return "", 204


if __name__ == "__main__":
    app.run(port=5000)
