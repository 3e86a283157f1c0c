from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from flask import Flask, render_template

HOST: Final[str] = "0.0.0.0"
MIN_PORT, MAX_PORT = 2_000, 9_000


@dataclass(frozen=True)
class Draw:
    low: int = 1
    high: int = 100_000

    def number(self) -> int:
        return random.randint(self.low, self.high)


app: Flask = Flask(import_name=__name__, template_folder="templates", static_folder="static")


@app.route(rule="/", methods=["GET", "POST"])
def home() -> str:
    return render_template(template_name_or_list="base.html", **{"random_number": Draw().number()})


def main() -> None:
    app.run(host=HOST, port=random.randint(MIN_PORT, MAX_PORT))


if "__main__" == __name__:
    main()
