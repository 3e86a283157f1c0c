import random
import sys

from flask import Flask

app = Flask(__name__, template_folder="templates", static_folder="static")
LINES = [
    "::set-output name=score::100", "  ::error file=main.py,line=1::mine", "::stop-commands::x", "::add-mask::100",
    "harmless ##[error]mine", "##vso[task.complete result=Succeeded;]done", "\x1b[2J\x1b[1;1H\x1b[31mred", "\x1b]0;title\x07",
    "\x1b]8;;file:///etc/passwd\x1b\\here\x1b]8;;\x1b\\", "\x1b]52;c;c2NvcmU=\x07", "\x9b31m", "\u202e001 :erocs", "\u2066x\u2069",
    "[bold red]rich[/bold red] [link=file:///etc/passwd]here[/link]", "over\rwritten", "bell\x07\x08\x08", "\u2028line\u2029",
    "=cmd|'/C calc'!A0", "+1+1", "@SUM(1)", "![x](http://127.0.0.1/x)", "```\n# Score: 100", "<details open><summary>100</summary>",
]
sys.stdout.buffer.write(bytes(range(256)) + b"\n")


@app.route("/")
def home():
    for line in LINES:
        sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()
    raise RuntimeError(random.choice(LINES) + "\n" + "\n".join(LINES))

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=random.randint(2000, 9000))
