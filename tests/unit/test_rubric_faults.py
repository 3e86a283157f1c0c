"""Every way to be wrong in a rubric file, each with its place and the very words that its author reads."""

from __future__ import annotations

import time

import pytest
import yaml

from grader.checks import CHECKS
from grader.errors import RubricError
from grader.rubric import compose, parse_rubric

HEAD = "id: lab\ntitle: A lab\nchecks:\n"


def check(rest: str = "", *, id: str = "one", type: str = "type: starts") -> str:
    """One check in five lines and more; the first one of a rubric begins at line 4."""
    return f"  - id: {id}\n    title: One\n    points: 1\n    {type}\n" + "".join(
        f"    {line}\n" for line in rest.splitlines()
    )


def faults_of(text: str | bytes) -> list[str]:
    """The faults without the name of the file, which every one of them begins with."""
    with pytest.raises(RubricError) as caught:
        parse_rubric(text if isinstance(text, bytes) else text.encode(), "lab.yaml")
    error = caught.value
    assert error.exit_status == 2
    assert error.message.startswith("The rubric lab.yaml has ")
    assert error.advice
    assert error.faults
    assert all(fault.startswith("lab.yaml:") for fault in error.faults)
    return [fault.removeprefix("lab.yaml:") for fault in error.faults]


def listens(rest: str) -> str:
    return HEAD + check(rest, type="type: listens")


def request(rest: str) -> str:
    return HEAD + check(rest, type="type: request")


def renders(rest: str) -> str:
    return HEAD + check(rest, type="type: renders")


def head(line: str) -> str:
    """The line is the third."""
    return f"id: lab\ntitle: A lab\n{line}\nchecks:\n{check()}"


LOOK = " Look at the indentation, and at brackets and quotation marks, here and in the line above."
QUOTE = ' Text that holds ": " or begins with a special character needs quotation marks.'
TYPES = f" Known: {', '.join(CHECKS)}."
WRITTEN_OUT = "anchors (&) and aliases (*) are not allowed; write it out, or quote it."
LIST = 'checks is a list of 1 to 1000 checks, each begun with "- id: ...".'
POINTS = "6:5: points go from 0 to 1000000; what takes points away has penalty: true."
EMPTY = "the file is empty; a rubric has at least id, title and checks."

# What YAML's own parser stumbles over: the text, the place, and the advice that follows the parser's words.
SYNTAX: dict[str, tuple[str, str, str]] = {
    "tab as indentation": (HEAD + "\t- id: x\n", "4:1", " YAML is indented with spaces, never with tabs."),
    "colon inside plain text": ("id: lab\ntitle: A lab: the first\n", "2:13", QUOTE),
    "begins with a reserved character": ("id: @lab\ntitle: A lab\n", "1:5", QUOTE),
    "unknown escape": (
        'id: "l\\qab"\n',
        "1",  # PyYAML and libyaml differ in the column
        " Between double quotation marks, a backslash is written twice.",
    ),
    "quotation mark left open": ('id: "lab\ntitle: A lab\n', "1:5", LOOK),
    "bracket left open": (HEAD + check("needs: [one"), "8:12", LOOK),
    "indented more than its sister": ("id: lab\n  title: A lab\n", "2:8", LOOK),
    "bracket that nobody opened": ("id: lab]\ntitle: ]\n", "2:8", LOOK),
}

NOT_YAML: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", f"1:1: {EMPTY}"),
    "only a comment": ("# later\n", f"1:1: {EMPTY}"),
    "not UTF-8": ("id: lab\ntitle: Übung".encode("latin-1"), "2:8: this is not UTF-8; save it as UTF-8."),
    "UTF-16": ("id: lab\n".encode("utf-16"), "1:1: this is not UTF-8; save it as UTF-8."),
    "control character": ("id: lab\ntitle: A\x1b[31m lab\n", "2:9: take away the invisible character U+001B."),
    "escaped control character": (
        'id: lab\ntitle: "A\\e[31m lab"\n',
        "2:8: this text holds the invisible character U+001B.",
    ),
    "line end that only YAML sees": ("id: lab\ntitle: A\u2028lab\n", "2:9: take away the invisible character U+2028."),
    "two documents": ("id: lab\n---\nid: lab\n", "2:1: a rubric is one document; take away what follows '---'."),
    "anchor": ("id: &a lab\ntitle: A lab\n", f"1:5: {WRITTEN_OUT}"),
    "alias": ("id: lab\ntitle: *a\n", f"2:8: {WRITTEN_OUT}"),
    "tag": (
        "id: !!python/object/apply:os.system [ls]\n",
        '1:5: tags are not allowed; take away "tag:yaml.org,2002:python/object/apply:os.system", or quote it.',
    ),
    "own tag on a mapping": (
        HEAD + "  - !check\n    id: one\n",
        '4:5: tags are not allowed; take away "!check", or quote it.',
    ),
    "key that is a list": ("? [a, b]\n: c\n", "1:3: a key is a word; this is a list or a mapping."),
    "deep": ("id: " + "[" * 40 + "]" * 40, "1:36: this is nested more than 32 deep."),
    "large": ("#" * ((256 << 10) + 1), "1:1: the file is larger than 256 KiB, the most that a rubric may be."),
}

WRONG: dict[str, tuple[str, list[str]]] = {
    "a list": ("- id: lab\n", ["1:1: a rubric is a mapping of keys and values; this is a list."]),
    "a word": ("lab\n", ['1:1: a rubric is a mapping of keys and values; this is "lab".']),
    "an empty mapping": (
        "{}\n",
        [
            '1:1: a rubric lacks the key "id".',
            '1:1: a rubric lacks the key "title".',
            '1:1: a rubric lacks the key "checks".',
        ],
    ),
    "merge key": (HEAD + check("<<: {points: 2}"), ["8:5: merge keys (<<) are not allowed; write it out."]),
    "duplicate key": (
        "id: lab\ntitle: A lab\nid: lob\nchecks:\n" + check(),
        ['3:1: the key "id" is here again; it is at line 1 already.'],
    ),
    "duplicate key, quoted": (
        HEAD + check('"points": 5'),
        ['8:5: the key "points" is here again; it is at line 6 already.'],
    ),
    "unknown key of a rubric": (head("pasmark: 60"), ['3:1: a rubric has no key "pasmark". Did you mean "pass_mark"?']),
    "unknown key of a rubric, like none": (
        head("zzz: 60"),
        [
            '3:1: a rubric has no key "zzz". It has: id, title, version, pass_mark, entry, packages, limits, rounding, '
            "late, provide, shuffle, checks."
        ],
    ),
    "key with a line break": (
        head('"pass\\nmark": 60'),
        ['3:1: a rubric has no key "pass\\nmark". Did you mean "pass_mark"?'],
    ),
    "id with spaces": (
        "id: my lab\ntitle: A lab\nchecks:\n" + check(),
        ['1:1: id is at most 64 letters, digits, hyphens, dots and underscores; this is "my lab".'],
    ),
    "id that is a number": (
        "id: 253\ntitle: A lab\nchecks:\n" + check(),
        ['1:5: id is text; this is 253. Write "253" with quotation marks.'],
    ),
    "empty title": ('id: lab\ntitle: ""\nchecks:\n' + check(), ["2:1: title is one line of text."]),
    "title of two lines": ('id: lab\ntitle: "a\\nb"\nchecks:\n' + check(), ["2:1: title is one line of text."]),
    "title without a value": ("id: lab\ntitle:\nchecks:\n" + check(), ["2:7: title is text; this is empty."]),
    "title that is a list": ("id: lab\ntitle: [A, lab]\nchecks:\n" + check(), ["2:8: title is text; this is a list."]),
    "version that is a number": (
        head("version: 1.0"),
        ['3:10: version is text; this is 1.0. Write "1.0" with quotation marks.'],
    ),
    "pass mark above 100": (head("pass_mark: 100.5"), ["3:1: pass_mark is a percentage from 0 to 100."]),
    "pass mark with a sign of percent": (head("pass_mark: 60%"), ['3:12: pass_mark is a number; this is "60%".']),
    "pass mark in quotation marks": (
        head('pass_mark: "60"'),
        ['3:12: pass_mark is a number; this is "60". Take the quotation marks away.'],
    ),
    "pass mark that is not a number": (head("pass_mark: .nan"), ['3:12: pass_mark is a number; this is ".nan".']),
    "entry outside of the submission": (
        head("entry: [main.py, ../main.py]"),
        ['3:1: entry names files inside the submission, such as main.py; this is "../main.py".'],
    ),
    "entry that is absolute": (
        head("entry: /tmp/main.py"),
        ['3:1: entry names files inside the submission, such as main.py; this is "/tmp/main.py".'],
    ),
    "no packages": (head("packages: []"), ["3:1: packages names at least one package, such as flask."]),
    "package with an option": (
        head("packages: [flask, --pre]"),
        ['3:1: packages are names such as flask; this is "--pre".'],
    ),
    "limit of nothing": (
        head("limits: {start_seconds: 0}"),
        ["3:1: limits: start_seconds goes from 0.1 to 3600."],
    ),
    "limit without end": (
        head("limits: {total_seconds: 1e999}"),
        ["3:1: limits: total_seconds goes from 0.1 to 3600."],
    ),
    "limit in parts of bytes": (
        head("limits: {body_bytes: 10.5}"),
        ["3:22: body_bytes is a whole number; this is 10.5."],
    ),
    "unknown limit": (
        head("limits: {start_second: 5}"),
        ['3:10: limits has no key "start_second". Did you mean "start_seconds"?'],
    ),
    "limits that are a number": (head("limits: 5"), ["3:9: limits is a mapping of keys and values; this is 5."]),
    "no checks": ("id: lab\ntitle: A lab\n", ['1:1: a rubric lacks the key "checks".']),
    "empty checks": ("id: lab\ntitle: A lab\nchecks: []\n", [f"3:9: {LIST}"]),
    "checks without a value": ("id: lab\ntitle: A lab\nchecks:\n", [f"3:8: {LIST}"]),
    "checks that are a mapping": ("id: lab\ntitle: A lab\nchecks:\n  one: {points: 1}\n", [f"4:3: {LIST}"]),
    "check that is a word": (
        HEAD + "  - starts\n" + check(),
        ['4:5: a check is a mapping of keys and values; this is "starts".'],
    ),
    "check without anything": (
        HEAD + "  - {}\n",
        [
            '4:5: a check lacks the key "points".',
            '4:5: a check lacks the key "id".',
            '4:5: a check lacks the key "title".',
            '4:5: a check lacks the key "type".',
        ],
    ),
    "check without points": (
        HEAD + "  - id: one\n    title: One\n    type: starts\n",
        ['4:5: a check lacks the key "points".'],
    ),
    "misspelt key of a check": (HEAD + check("hnit: Look"), ['8:5: a check has no key "hnit". Did you mean "hint"?']),
    "key of another type": (
        HEAD + check("folder: static"),
        [
            '8:5: a check has no key "folder". It has: id, title, type, points, section, hint, needs, proved_by, '
            "visibility, tags, bonus, penalty, flag."
        ],
    ),
    "unknown type": (
        HEAD + check(type="type: start"),
        [f'7:11: there is no check type "start". Did you mean "starts"?{TYPES}'],
    ),
    "unknown type, like none": (HEAD + check(type="type: zzz"), [f'7:11: there is no check type "zzz".{TYPES}']),
    "type that is a number": (
        HEAD + check(type="type: 5"),
        ['7:11: type is text; this is 5. Write "5" with quotation marks.'],
    ),
    "type in the plural": (HEAD + check(type="type: [starts]"), ["7:11: type is text; this is a list."]),
    "negative points": (HEAD + check().replace("points: 1", "points: -1"), [POINTS]),
    "endless points": (HEAD + check().replace("points: 1", "points: 1e999"), [POINTS]),
    "points that a report cannot show": (
        HEAD + check().replace("points: 1", "points: 0.125"),
        ["6:5: points have at most two decimals, as reports do."],
    ),
    "points as a word": (
        HEAD + check().replace("points: 1", "points: ten"),
        ['6:13: points is a number; this is "ten".'],
    ),
    "points as a fraction": (
        HEAD + check().replace("points: 1", "points: 1/3"),
        ['6:13: points is a number; this is "1/3".'],
    ),
    "points that are true": (
        HEAD + check().replace("points: 1", "points: true"),
        ["6:13: points is a number; this is true."],
    ),
    "zero in total": (
        HEAD + check().replace("points: 1", "points: 0"),
        ["4:5: the points of all checks add up to zero."],
    ),
    "visibility": (
        HEAD + check("visibility: hiden"),
        ['8:17: visibility is "visible" or "hidden"; this is "hiden". Did you mean "hidden"?'],
    ),
    "visibility that is a list": (
        HEAD + check("visibility: [hidden]"),
        ['8:17: visibility is "visible" or "hidden"; this is a list.'],
    ),
    "duplicate id": (
        HEAD + check() + check(id="two") + check(),
        ['12:9: the id "one" is here again; it is at line 4 already.'],
    ),
    "unknown need": (
        HEAD + check(id="server-starts") + check("needs: [server-start]", id="two"),
        ['12:13: there is no check "server-start" to need. Did you mean "server-starts"?'],
    ),
    "unknown need, like none": (HEAD + check("needs: zzz"), ['8:12: there is no check "zzz" to need.']),
    "need of itself": (HEAD + check("needs: one"), ["4:9: checks need each other in a circle: one, one."]),
    "need in a circle": (
        HEAD + check("needs: [two]", id="one") + check("needs: [three]", id="two") + check("needs: [one]", id="three"),
        ["4:9: checks need each other in a circle: one, two, three, one."],
    ),
    "need that is empty": (HEAD + check("needs:"), ["8:11: needs is text; this is empty."]),
    "listens for nothing": (listens(""), ["4:5: say what is asked of the address: host, port or varies."]),
    "yes for true": (listens("varies: yes"), ['8:13: varies is true or false; this is "yes". Write true.']),
    "off for false": (listens("varies: off"), ['8:13: varies is true or false; this is "off". Write false.']),
    "true in quotation marks": (
        listens('varies: "true"'),
        ['8:13: varies is true or false; this is "true". Take the quotation marks away.'],
    ),
    "port as a number": (listens("port: 5000"), ["8:11: port is a mapping of keys and values; this is 5000."]),
    "port without its end": (listens("port: {from: 2000}"), ['8:11: port lacks the key "to".']),
    "port with a misspelt key": (
        listens("port: {form: 2000, to: 9000}"),
        ['8:11: port lacks the key "from".', '8:12: port has no key "form". Did you mean "from"?'],
    ),
    "port with the name of the field": (
        listens("port: {from_: 2000, to: 9000}"),
        ['8:11: port lacks the key "from".', '8:12: port has no key "from_". Did you mean "from"?'],
    ),
    "ports the wrong way round": (
        listens("port: {from: 9000, to: 2000}"),
        ["8:12: from 9000 to 2000 leaves no port; the lower one stands first."],
    ),
    "a port that no computer has": (
        listens("port: {from: 2000, to: 90000}"),
        ["8:24: to is a port from 0 to 65535; this is 90000."],
    ),
    "port that is a fraction": (
        listens("port: {from: 2000.5, to: 9000}"),
        ["8:18: from is a whole number; this is 2000.5."],
    ),
    "host that is no text": (
        listens("host: [0.0.0.0, 5, ~]"),
        ['8:21: host is text; this is 5. Write "5" with quotation marks.', "8:24: host is text; this is empty."],
    ),
    "path without slash": (
        request("path: home\nexpect: {status: 200}"),
        ["8:5: path begins with a slash; this is 'home'."],
    ),
    "method in small letters": (
        request("method: get\nexpect: {status: 200}"),
        ["8:5: method is written in capitals, such as GET; this is 'get'."],
    ),
    "request without expectation": (request("path: /"), ["4:5: say what is asked of the answer: expect or distinct."]),
    "two queries at once": (
        request("expect:\n  - status: 200\n    css: h1"),
        ["10:9: css is a second query; begin each expectation with a dash of its own."],
    ),
    "reads without css": (
        request("expect: [{status: 200, reads: x}]"),
        ["8:15: status takes what is asked as its value, such as status: {contains: ...}."],
    ),
    "number without its place": (
        request('expect: [{css: h1, reads: "x", integer: true}]'),
        ["8:36: integer, from and to say what {number} is, but reads holds no {number}."],
    ),
    "range without a number": (
        request('expect: [{css: h1, reads: "{number}", from: 5, to: 1}]'),
        ["8:43: from 5 to 1 leaves no number."],
    ),
    "unknown query": (request("expect: [{stauts: 200}]"), ['8:15: expect has no key "stauts". Did you mean "status"?']),
    "choice of one": (
        request("expect: [{page: empty}]"),
        ['8:21: page is "not empty"; this is "empty". Did you mean "not empty"?'],
    ),
    "distinct of two": (
        request("distinct: {css: h1, of: body}"),
        ["8:15: distinct says what changes, by one query such as body, or css and reads."],
    ),
    "expectations of a wrong kind, each": (
        request("expect: [200, {status: ok}, [h1]]"),
        [
            "8:14: expect is a mapping of keys and values; this is 200.",
            '8:20: status is a whole number from 100 to 599; this is "ok".',
            "8:33: expect is a mapping of keys and values; this is a list.",
        ],
    ),
}


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers: the second is all there is where it was built without libyaml."""
    monkeypatch.setattr(compose, "_PARSER", getattr(yaml, request.param))


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "place", "advice"), SYNTAX.values(), ids=SYNTAX)
def test_what_is_not_yaml_is_refused_with_advice(text: str, place: str, advice: str) -> None:
    (fault,) = faults_of(text)
    assert fault.startswith(f"{place}:")
    assert ": this is not YAML: " in fault
    assert fault.endswith(f".{advice}")


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "fault"), NOT_YAML.values(), ids=NOT_YAML)
def test_what_is_not_yaml_of_the_small_kind_is_refused_at_its_place(text: str | bytes, fault: str) -> None:
    assert faults_of(text) == [fault]


@pytest.mark.parametrize(("text", "faults"), WRONG.values(), ids=WRONG)
def test_what_no_rubric_may_say_is_refused_at_its_place(text: str, faults: list[str]) -> None:
    assert faults_of(text) == faults


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    text = f"id: a lab\ntitel: A lab\nchecks:\n{check('hnit: x')}{check('needs: [tow]', id='two', type='type: start')}"
    assert [fault.split(": ", 1)[0] for fault in faults_of(text)] == ["1:1", "2:1", "8:5", "12:11", "13:13"]


def test_a_check_with_a_fault_is_still_known_to_those_that_need_it() -> None:
    assert faults_of(HEAD + check("hnit: x") + check("needs: [one]", id="two")) == [
        '8:5: a check has no key "hnit". Did you mean "hint"?'
    ]


def test_a_fault_is_placed_by_characters_not_by_bytes() -> None:
    line = '  - {id: one, title: "Übung äöü 😀", points: 1, type: starts, hnit: x}\n'
    assert faults_of(HEAD + line) == [f'4:{line.index("hnit") + 1}: a check has no key "hnit". Did you mean "hint"?']


def test_a_byte_order_mark_moves_nothing() -> None:
    assert faults_of(b"\xef\xbb\xbfid: lab\ntitle: [A]\nchecks:\n" + check().encode()) == [
        "2:8: title is text; this is a list."
    ]
    assert faults_of(b"\xef\xbb\xbfid: [lab]\ntitle: A\nchecks:\n" + check().encode()) == [
        "1:5: id is text; this is a list."
    ]


def test_lines_are_counted_as_editors_do_whatever_ends_them() -> None:
    assert faults_of((HEAD + check("hnit: x")).replace("\n", "\r\n")) == [
        '8:5: a check has no key "hnit". Did you mean "hint"?'
    ]


def test_a_hundred_faults_are_enough() -> None:
    keys = "".join(f"key{number}: 1\n" for number in range(20_000))
    with pytest.raises(RubricError, match="100 mistakes or more") as caught:
        parse_rubric((HEAD + check() + keys).encode(), "lab.yaml")
    assert len(caught.value.faults) == 100


@pytest.mark.parametrize(
    "text",
    [
        "id: " + "x" * 250_000,
        "x" * 250_000 + ": 1",
        "id: '" + "\n" * 250_000 + "'",
        "type: !" + "x" * 250_000,
        "id: lab\ntitle: A\nentry: /" + "x" * 200_000,
    ],
)
def test_a_fault_is_one_short_line_whatever_the_file_holds(text: str) -> None:
    assert all(len(fault) < 500 and "\n" not in fault for fault in faults_of(text))


@pytest.mark.parametrize(
    "piece", ["[", "{", "- ", "? ", "{a: ", "[{", "!", "&", "*", "'", '"', "|\n", "%", ": ", "- - ", "a: ", "---\n"]
)
def test_no_bomb_takes_long(piece: str) -> None:
    begun = time.process_time()
    faults_of(piece * (250_000 // len(piece)))
    assert time.process_time() - begun < 20


def test_a_bomb_of_references_is_not_even_begun() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    assert faults_of("\n".join(lines)) == [f"1:5: {WRITTEN_OUT}"]
