"""Text that is no Python: what the parser means, in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.checks.diagnosis.crash import Crash
from grader.checks.diagnosis.finding import Finding, place, short
from grader.checks.diagnosis.source import Fault, parse
from grader.model import Evidence, Location

SYNTAX_KINDS = {"SyntaxError", "IndentationError", "TabError"}
_CURLY = "\u2018\u2019\u201c\u201d\u201e\u2032\u2033`\u00b4"

_ROWS = tuple[tuple[str, str, str], ...]
_MARKS: _ROWS = (
    (r"^(<<<<<<<|=======$|>>>>>>> )", "is left over from a merge conflict", "Keep one version and take the marks out."),
    (r"^```", "is a Markdown fence, not Python", "Take the line out."),
    (r"^(>>>|\.\.\.) ?", "begins with the prompt of the Python shell", "Take the >>> out."),
    (r"^else\s+if\b", "says `else if`", "Python writes `elif`."),
)  # fmt: skip

_BY_LINE: _ROWS = (
    (r"^</?[a-zA-Z!]", "holds HTML, which is no Python", "Put HTML into a file in templates/, or in quotes."),
    (r"^(function|func|fn|define|fun)\s+\w+", "does not begin a function as Python does", "Write `def` instead."),
    (r"^import\s+\S.*\sfrom\s", "has import and from in the wrong order", "Write `from flask import Flask`."),
    (r"^from\s+\S+\s+import\s*$", "does not say what to import",
     "Write the names after import: `from flask import Flask`."),
    (r"^from\s+\S+\s+import\s+\w+\s+\w+", "lacks a comma between two names", "Put a comma between them."),
    (r"^@.*\)\s*def\b", "has a decorator and its function in one line", "Begin a new line before `def`."),
    (r"^@?\w+\.route\(\s*/", "has a path without quotes", "Write the path as text: `@app.route('/')`."),
    (r"=\s*\d+\.\d+\.\d+", "has an address without quotes", "Write it as text: `host='0.0.0.0'`."),
    (r"[(,]\s*\w+\s*:\s*", "uses `:` to give an argument a value", "Write `=`: `app.run(host='0.0.0.0')`."),
    (r"\w+-\w+\s*=", "has a minus sign in a name", "Names take underscores: `random_number`."),
    (r"(\+\+|--)\s*$", "uses ++ or --, which Python does not have", "Write `x += 1`."),
)  # fmt: skip

_BY_MESSAGE: _ROWS = (
    (r"expected ':'", "lacks a colon at its end", "End the line with `:`."),
    (r"expected '\('", "lacks the parentheses of the function", "Write them even when empty: `def home():`."),
    (r"'(.)' was never closed", "opens a bracket {0} that is never closed", "Add the closing bracket."),
    (r"unmatched '(.)'", "closes a bracket {0} that was never opened", "Take it out, or add the opening one."),
    (r"closing parenthesis '(.)' does not match opening parenthesis '(.)'", "closes with {0} what was opened with {1}",
     "Use brackets of one kind."),
    (r"unterminated triple-quoted|EOF while scanning triple", "opens a text with three quotes that is never closed",
     "Close it with the same three quotes."),
    (r"unterminated (f-)?string|EOL while scanning", "has a quote that is never closed",
     "Begin and end a text with the same quote, in one line."),
    (r"unindent does not match|unexpected unindent", "is indented differently from the lines around it",
     "Indent every line of a block by the same number of spaces (4)."),
    (r"unexpected indent", "is indented, but begins no block", "Take the spaces at its beginning out."),
    (r"expected an indented block(?: after (.{1,40}?) on line (\d+))?",
     "must be indented, as the line above begins a block",
     "Indent it by four spaces."),
    (r"tabs and spaces", "mixes tabs and spaces", "Indent with spaces only, four for each level."),
    (r"'==' or ':='|Maybe you meant '=='|perhaps you meant \"==\"", "uses = where a comparison is meant",
     "One = gives a value, two compare: `if __name__ == \"__main__\":`."),
    (r"cannot assign to", "gives a value to something that cannot take one",
     "A name stands left of =; to compare, use ==."),
    (r"forgot a comma", "lacks a comma between two values", "Put commas between arguments."),
    (r"Missing parentheses in call to '(\w+)'", "calls {0} without parentheses", "Write `{0}(...)`."),
    (r"positional argument follows keyword", "has a plain argument after a named one",
     "Name that argument too: `app.run(host=..., port=...)`."),
    (r"keyword argument repeated: (\w{1,40})", "gives the argument {0} twice", "Keep one of them."),
    (r"invalid decimal literal", "has a letter directly after a number",
     "Names cannot begin with a digit; text needs quotes."),
    (r"leading zeros", "has a number that begins with 0", "Take the zero out."),
    (r"'(\w+)' outside (function|loop)", "has `{0}` outside of a {1}",
     "Indent the line, so that it stands inside the {1}."),
    (r"invalid character|invalid non-printable", "holds a character that is no part of Python",
     "Type the line again; it was probably copied from a page."),
    (r"expected 'except' or 'finally'", "ends a `try` that has no `except`", "Add `except ...:`, or take `try:` out."),
    (r"line continuation", "has a backslash in the middle", "Take the backslash out."),
    (r"Non-UTF-8|utf-8|codec can't decode", "holds a character that is not stored as UTF-8",
     "Save the file with the encoding UTF-8."),
    (r"null byte", "holds null bytes, which no Python file may", "Save the file again as plain text in UTF-8."),
    (r"f-string", "has a mistake inside the {{ }} of an f-string", "Check the braces and quotes in it."),
    (r"unexpected EOF|end of file", "is where the file ends too early", "Close every bracket, quote and block before."),
)  # fmt: skip


def syntax_error(crash: Crash) -> Finding | None:
    """A SyntaxError, IndentationError or TabError: where it is, and what it means."""
    if crash.traceback.kind not in SYNTAX_KINDS | {"ValueError", "UnicodeDecodeError"}:
        return None
    if crash.traceback.kind not in SYNTAX_KINDS and "null byte" not in crash.traceback.message:
        return None
    frame = crash.traceback.own_frame
    path, line = (frame.path, frame.line) if frame else (crash.evidence.entry, 0)
    own = fault_of(crash.evidence, path)
    printed = Fault(crash.traceback.kind, short(crash.traceback.message), line)
    return explain(crash.evidence, path, own or printed)


def fault_of(evidence: Evidence, path: str) -> Fault | None:
    """What this interpreter's parser says of a file, or None where it reads well or cannot be read."""
    file = evidence.file(path)
    return parse(path, file.text).fault if file and file.text is not None else None


def broken_file(evidence: Evidence) -> Finding | None:
    """The entry file's own syntax error, where no traceback tells of it."""
    fault = fault_of(evidence, evidence.entry)
    return explain(evidence, evidence.entry, fault) if fault and fault.kind in SYNTAX_KINDS else None


def explain(evidence: Evidence, path: str, fault: Fault) -> Finding:
    """The fault in plain words."""
    at = place(evidence, path, fault.line)
    for recognise in _RECOGNISERS:
        finding = recognise(fault, at)
        if finding:
            return finding
    return Finding(
        f'{at} is not valid Python: "{short(fault.message, 100)}".',
        "Compare this line and the one above it with the lab's example, sign by sign.",
        at,
    )


def _curly_quotes(fault: Fault, at: Location) -> Finding | None:
    if not fault.message.startswith("invalid character"):
        return None
    found = next((c for c in at.source if c in _CURLY), None)
    if found is None:
        return None
    return Finding(
        f"{at} uses the curly quote {found}, which Python does not know.", "Use straight quotes: \" or '.", at
    )


def _by_mark(_fault: Fault, at: Location) -> Finding | None:
    return _table(_MARKS, at.source, at)


def _by_line(fault: Fault, at: Location) -> Finding | None:
    if "invalid syntax" not in fault.message and not re.match(
        r"expected|Expected|.*comma|.*==|.*literal", fault.message
    ):
        return None
    if fault.message.startswith("expected '"):
        return None
    return _table(_BY_LINE, at.source, at)


def _by_message(fault: Fault, at: Location) -> Finding | None:
    return _table(_BY_MESSAGE, fault.message, at)


def _keyword_for_name(fault: Fault, at: Location) -> Finding | None:
    match = re.match(r"(class|def|import|from|return|pass|lambda|global|is|in|not|with)\s*=", at.source)
    if match is None or "invalid syntax" not in fault.message:
        return None
    return Finding(f"{at} uses {match[1]} as a name, which is a word of Python's own.", "Choose another name.", at)


def _table(rows: _ROWS, text: str, at: Location) -> Finding | None:
    for pattern, words, hint in rows:
        match = re.search(pattern, text[:400])
        if match:
            groups = [g or "" for g in match.groups()]
            return Finding(f"{at} {words.format(*groups)}.", hint.format(*groups), at)
    return None


_RECOGNISERS: tuple[Callable[[Fault, Location], Finding | None], ...] = (
    _by_mark,
    _curly_quotes,
    _keyword_for_name,
    _by_line,
    _by_message,
)
