import random

from flask import Flask, make_response

app = Flask(__name__, template_folder="templates", static_folder="static")
HOSTILE = """</pre></code></textarea></style></script></iframe>
<script>document.title = "PWNED"</script><img src=x onerror="document.title='PWNED'"><svg onload=alert(1)>
<iframe srcdoc="<script>parent.document.title='PWNED'</script>"></iframe>" onmouseover="alert(1)
{{ 7 * 7 }}{% raw %}<a href="javascript:alert(1)">x</a>]]>--><!--"""


@app.route("/")
def home():
    answer = make_response(f"<h1>{HOSTILE}</h1>", 200)
    answer.headers["X-Hostile"] = '<script>document.title="PWNED"</script>'
    return answer


@app.route("/<path:any>")
def other(any):
    raise RuntimeError(HOSTILE)


@app.route("/quoted&quot;onmouseover=alert(1)")
def named():
    print(HOSTILE, flush=True)
    return HOSTILE

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
