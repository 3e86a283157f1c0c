from flask import Flask, make_response, request

app = Flask(__name__)


@app.after_request
def mark(answer):
    answer.headers["X-Lab"] = "http"
    return answer


@app.errorhandler(404)
def not_found(error):
    return f"<p>There is no {request.path} here.</p>", 404


@app.route("/method", methods=["GET", "POST"])
def method():
    return f"<p>{request.method}</p>"


@app.route("/teapot")
def teapot():
    return "I am a teapot", 418


@app.route("/agent")
def agent():
    return request.headers["User-Agent"]


@app.route("/visits")
def visits():
    count = int(request.cookies.get("visits", 0)) + 1
    answer = make_response(f"Visit {count}")
    answer.set_cookie("visits", str(count))
    return answer


if __name__ == "__main__":
    app.run(port=5000)
