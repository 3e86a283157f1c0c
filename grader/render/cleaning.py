"""Text that a student's program had a hand in, made fit to be shown anywhere: on terminals, and in the logs of CI.

A CI system reads its log for commands. GitHub's runner takes `::error::` for one where a line begins so, after white
space, and `##[error]` anywhere in a line; others take `##vso[…]` and `##teamcity[…]`. A space that everybody can see
breaks each: `: :error::`, `# #[error]`. Formats that can write a character in another way (JSON, HTML) do that instead,
and lose nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# C0 but tab and line feed, DEL, C1, what turns the direction of text, line separators, surrogates without their pair
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_COMMAND_FIRST = re.compile(r"^((?:[^\S\n]|\x1b\[[0-9;]*m)*:)(:)", re.MULTILINE)  # behind white space and colours
_COMMAND_ANYWHERE = re.compile(r"(#)(#)(?=[A-Za-z]*\[)")


def clean(text: str) -> str:
    """With every control character replaced; line ends become line feeds."""
    return _UNFIT.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str, most: int = 400) -> str:
    """Cleaned, on one line, cut after `most` characters."""
    line = " ".join(clean(text[: most * 4]).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def commandless(text: str) -> str:
    """With every command to a CI system broken by a space."""
    return commands_replaced(text, lambda character: f" {character}")


def commands_replaced(text: str, replaced: Callable[[str], str]) -> str:
    """With the second character of every command to a CI system as `replaced` writes it."""
    for commands in (_COMMAND_FIRST, _COMMAND_ANYWHERE):
        text = commands.sub(lambda found: found[1] + replaced(found[2]), text)
    return text


def fit(text: str) -> str:
    """Cleaned, and without commands: fit for any terminal and any log."""
    return commandless(clean(text))


def escaped(text: str) -> str:
    """A JSON document that says the same, with no control character and no command in it: a string can hold neither
    line ends nor such a character but as an escape."""
    return _COMMAND_ANYWHERE.sub(r"\1\\u0023", _UNFIT.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
