"""Every way to be wrong in the language of rubrics: the place, and the whole message that an author gets."""

from __future__ import annotations

import textwrap

import pytest

from grader.errors import RubricError
from grader.rubric import parse_rubric

HEAD = "id: lab\ntitle: A lab\nchecks:\n"


def check(rest: str, id: str = "one", type: str = "flow", points: str = "points: 1") -> str:
    lines = f"- id: {id}\n  title: A check\n" + (f"  {points}\n" if points else "") + f"  type: {type}\n"
    return textwrap.indent(lines, "  ") + textwrap.indent(rest.rstrip("\n") + "\n" if rest else "", "    ")


def flow(rest: str, type: str = "flow", points: str = "points: 1") -> str:
    return HEAD + check(rest, type=type, points=points)


def steps(rest: str) -> str:
    return flow("steps:\n" + textwrap.indent(rest, "  "))


def request(rest: str) -> str:
    return flow(rest, type="request")


def expect(rest: str) -> str:
    return request("expect:\n" + textwrap.indent("- " + rest.replace("\n", "\n  "), "  "))


def head(line: str) -> str:
    return f"id: lab\ntitle: A lab\n{line}\nchecks:\n{check('', type='starts')}"


OK = "path: /\nexpect: {status: 200}"

WRONG: dict[str, tuple[str, list[str]]] = {
    "a status that there is not": (
        expect("status: 99"),
        ["9:9: status is a whole number from 100 to 599; this is 99."],
    ),
    "a status with a fraction": (
        expect("status: {one_of: [200, 200.5]}"),
        ["9:9: status is a whole number from 100 to 599; this is 200.5."],
    ),
    "a status of which nothing is asked": (
        expect("status: {}"),
        ["9:9: status asks nothing; write what it is, or leave it out."],
    ),
    "a status that is one of none": (
        expect("status: {one_of: []}"),
        ["9:9: status asks nothing; write what it is, or leave it out."],
    ),
    "a body of which nothing is asked": (
        expect("body: {contains: []}"),
        ["9:9: body asks nothing; write what it is, or leave it out."],
    ),
    "a count in words": (expect("css: p\ncount: many"), ['10:9: count is a whole number from 0 on; this is "many".']),
    "a count below none": (expect("css: p\ncount: -1"), ["10:9: count is a whole number from 0 on; this is -1."]),
    "a count with a fraction": (
        expect("css: p\ncount: {one_of: [1, 1.5]}"),
        ["10:9: count is a whole number from 0 on; this is 1.5."],
    ),
    "a count that asks nothing": (
        expect("css: p\ncount: {}"),
        ["10:9: count asks nothing; write what it is, or leave it out."],
    ),
    "nothing that is not so": (
        expect("css: p\nnot: {}"),
        ["10:9: not asks nothing; write what it is, or leave it out."],
    ),
    "nothing of each": (expect("css: p\neach: {}"), ["10:9: each asks nothing; write what it is, or leave it out."]),
    "bounds that leave nothing": (
        expect('css: p\n">": 5\n"<": 3'),
        ["9:9: what is asked leaves no number: from 5 up, and 3 at most."],
    ),
    "bounds that exclude each other": (
        expect('css: p\n">": 5\n"<=": 5'),
        ["9:9: what is asked leaves no number: from 5 up, and 5 at most."],
    ),
    "a bound outside of between": (
        expect('css: p\nbetween: [1, 6]\n">=": 7'),
        ["9:9: what is asked leaves no number: from 7 up, and 6 at most."],
    ),
    "a count by XPath that is always there": (
        expect("xpath: count(//li)"),
        ["9:9: xpath: what 'count(//li)' computes is always there; say what it is, by equals for instance."],
    ),
    "a truth by XPath that is always there": (
        expect("xpath: boolean(//li)\nexists: true"),
        ["9:9: xpath: what 'boolean(//li)' computes is always there; say what it is, by equals for instance."],
    ),
    "a function that XPath does not have": (
        expect("xpath: foo(//p)"),
        ["9:9: xpath: 'foo(//p)': XPath 1.0 has no function foo()."],
    ),
    "a variable in an XPath": (
        expect("xpath: //p[$x]"),
        ["9:9: xpath: '//p[$x]': XPath 1.0 has no variables such as $x."],
    ),
    "a prefix in an XPath": (
        expect("xpath: //x:p"),
        ["9:9: xpath: '//x:p': XPath 1.0 knows no names with a prefix here, such as x:p."],
    ),
    "a file with misspelt keys": (
        request("files: {t: {fil: a.txt, contnt: x}}\nexpect: {status: 200}"),
        ['8:5: files: t takes a file as {file, content, type}; this is {"contnt": "x", "fil": "a.txt"}.'],
    ),
    "a file of nothing": (
        request("files: {t: {}}\nexpect: {status: 200}"),
        ["8:5: files: t takes a file as {file, content, type}; this is {}."],
    ),
    "a form field that is a mapping": (
        request("form: {a: {b: c}}\nexpect: {status: 200}"),
        ['8:5: form: a takes a text, a number or a list of these; this is {"b": "c"}.'],
    ),
    "a query that is a list of lists": (
        request("query: {a: [[1]]}\nexpect: {status: 200}"),
        ["8:5: query: a takes a text, a number or a list of these; this is [[1]]."],
    ),
    "a field filled in with a misspelt file": (
        steps("- path: /\n- submit: {fill: {a: {fle: x}}}"),
        ['10:18: fill: a takes a file as {file, content, type}; this is {"fle": "x"}.'],
    ),
    "a reference that leads nowhere": (
        expect('schema: {$ref: "#/nope"}'),
        ["9:9: schema: $ref '#/nope' leads nowhere in it."],
    ),
    "a reference to another server": (
        expect('schema: {$ref: "http://x/y"}'),
        ["9:9: schema: $ref 'http://x/y' leads nowhere in it."],
    ),
    "a schema that refers to itself alone": (
        expect('schema: {$ref: "#"}'),
        ["9:9: schema refers to itself without an end."],
    ),
    "a visible check after a hidden one": (
        HEAD + check("visibility: hidden\nsteps: [{path: /}]") + check("after: one\nsteps: [{path: /}]", id="two"),
        ["14:12: a visible check shows the steps that it goes on from, and one is hidden. Hide this one, too."],
    ),
    "a solution after a hidden check": (
        HEAD
        + check("visibility: hidden\nsteps: [{path: /}]")
        + check(
            "solutions:\n- {type: flow, steps: [{path: /}]}\n- {type: flow, after: one, steps: [{path: /}]}",
            id="two",
            type="any_of",
        ),
        ["16:27: a visible check shows the steps that it goes on from, and one is hidden. Hide this one, too."],
    ),
    "a captured value in the hint of a check": (
        flow('hint: "Use ${c} and ${id}."\nsteps: [{path: /, capture: {c: title}}]'),
        ["8:11: ${c} is captured by a step: put the hint beside a step or an expectation after it."],
    ),
    "rounding of nothing": (head("rounding: 0"), ["3:11: to is more than 0 and at most 100."]),
    "rounding to thousandths": (head("rounding: 0.125"), ["3:11: to has at most two decimals, as points do."]),
    "rounding in an unknown way": (
        head("rounding: {to: 1, way: nearst}"),
        ['3:24: way is "nearest" or "up" or "down"; this is "nearst". Did you mean "nearest"?'],
    ),
    "rounding that loses full marks": (
        "id: lab\ntitle: A lab\nrounding: 1\nchecks:\n" + check("", type="starts", points="points: 2.5"),
        [
            (
                "5:5: the points of all checks add up to 2.5, which rounding to 1 changes: full marks would"
                " not be full marks."
            )
        ],
    ),
    "points lost to rounding": (
        "id: lab\ntitle: A lab\nrounding: 5\nchecks:\n"
        + check("", type="starts", points="points: 1")
        + check("", id="two", type="starts", points="points: 9"),
        ["7:13: points 1 can be lost to rounding to 5: make one of them larger."],
    ),
    "late without a rate": (head("late: {most: 50}"), ['3:7: late lacks the key "per_day".']),
    "late of more than all": (head("late: {per_day: 110}"), ["3:8: per_day is a percentage from 0 to 100."]),
    "a deadline without a zone": (
        head('late: {per_day: 10, deadline: "2026-11-30T23:59"}'),
        ['3:21: deadline says its zone, as 2026-11-30T23:59+01:00 does; this is "2026-11-30T23:59".'],
    ),
    "a deadline in words": (
        head("late: {per_day: 10, deadline: tomorrow}"),
        ['3:21: deadline is a time such as 2026-11-30T23:59+01:00; this is "tomorrow".'],
    ),
    "endless grace": (
        head("late: {per_day: 10, grace_minutes: 99999}"),
        ["3:21: grace_minutes goes from 0 to 10080, which is a week."],
    ),
    "a provided file that is not there": (
        head("provide: [prices.csv]"),
        ['3:11: provide: there is no folder to take "prices.csv" from; use content.'],
    ),
    "a provided file outside": (
        head("provide: [../secret.txt]"),
        ['3:11: file is a path inside the folder, such as data/prices.csv; this is "../secret.txt".'],
    ),
    "a provided file by its whole path": (
        head("provide: [/etc/passwd]"),
        ['3:11: file is a path inside the folder, such as data/prices.csv; this is "/etc/passwd".'],
    ),
    "a provided file without a name": (
        head("provide: {content: x}"),
        ["3:11: content needs to: the name that the file gets."],
    ),
    "a provided file from two places": (
        head("provide: {file: a.txt, content: x, to: b}"),
        ["3:10: a provided file has either file, beside the rubric, or content."],
    ),
    "provided where a folder is needed": (
        head("provide: [{content: a, to: data}, {content: b, to: data/x.txt}]"),
        ['3:1: provide has "data/x.txt", and a file where its folder is needed.'],
    ),
    "provided twice": (
        head("provide: [{content: a, to: x.txt}, {content: b, to: x.txt}]"),
        ['3:1: provide has "x.txt" twice.'],
    ),
    "bonus and penalty": (
        flow("bonus: true\npenalty: true", type="starts"),
        ["9:5: penalty and bonus exclude each other."],
    ),
    "a flag with points": (
        flow("flag: true", type="starts"),
        ["6:5: points are nothing that a flag has: it is reported, and costs none."],
    ),
    "no points": (flow("", type="starts", points=""), ['4:5: a check lacks the key "points".']),
    "a bonus that is a word": (
        flow("bonus: yes", type="starts"),
        ['8:12: bonus is true or false; this is "yes". Write true.'],
    ),
    "a tag with a space": (
        flow("tags: [two words]", type="starts"),
        [('8:5: tags are words of letters, digits, hyphens, dots and underscores; this is "two words".')],
    ),
    "proved by nobody": (flow("proved_by: [tow]", type="starts"), ['8:17: there is no check "tow" to be proved by.']),
    "a circle of proofs": (
        HEAD + check("proved_by: [two]", type="starts") + check("needs: [one]", id="two", type="starts"),
        ["4:9: checks need each other in a circle: one, two, one."],
    ),
    "after nobody": (request("after: tow\n" + OK), ['8:12: there is no check "tow" to go on from.']),
    "after a check of another type": (
        HEAD + check("", type="starts") + check("after: one\n" + OK, id="two", type="request"),
        ["12:12: after goes on from a check of type flow or request; one is another one."],
    ),
    "after a check that goes on from nothing": (
        HEAD
        + check("", type="starts")
        + check("after: one\nsteps: {follow: Home}", id="two")
        + check("after: two\nsteps: {follow: Home}", id="three"),
        ["12:12: after goes on from a check of type flow or request; one is another one."],
    ),
    "after itself": (request("after: one\n" + OK), ["4:9: checks need each other in a circle: one, one."]),
    "nothing but bonuses": (flow("bonus: true", type="starts"), ["4:5: the points of all checks add up to zero."]),
    "a body with GET": (
        request("method: GET\nform: {a: 1}\nexpect: {status: 200}"),
        ["9:5: form is a body, and GET sends none; write method: POST, or query."],
    ),
    "two bodies": (
        request("form: {a: 1}\njson: {a: 1}\nexpect: {status: 200}"),
        ["9:5: json cannot be sent together with form: a request has one body."],
    ),
    "a header with a space": (
        request('headers: {"X Y": z}\nexpect: {status: 200}'),
        ["8:5: headers: 'X Y' is no name that could be sent."],
    ),
    "a header of two lines": (
        request('headers: {X: "a\\nb"}\nexpect: {status: 200}'),
        ["8:5: headers hold one line each."],
    ),
    "a cookie with a semicolon in its name": (
        request('cookies: {"a;b": z}\nexpect: {status: 200}'),
        ["8:5: cookies: 'a;b' is no name that could be sent."],
    ),
    "redirects that wander": (
        request("redirects: never\nexpect: {status: 200}"),
        ['8:16: redirects is "follow" or "stay"; this is "never".'],
    ),
    "no repetition": (request("repeat: 0\nexpect: {status: 200}"), ["8:5: repeat goes from 1 to 200."]),
    "a thousand repetitions": (request("repeat: 1000\nexpect: {status: 200}"), ["8:5: repeat goes from 1 to 200."]),
    "parts of one": (
        request("partial: expectations\nexpect: {status: 200}"),
        ["8:5: partial: expectations needs two expectations or more."],
    ),
    "repeats of one": (request("partial: repeats\nexpect: {status: 200}"), ["8:5: partial: repeats needs repeat."]),
    "pinned and changing": (
        request("pinned: true\nform: {a: 1}\nexpect: {status: 200}"),
        [("8:5: pinned is for requests that change nothing in the program: without a body, headers, state, after.")],
    ),
    "a state of its own making": (
        request("state: old\nexpect: {status: 200}"),
        ['8:12: state is "shared" or "fresh"; this is "old".'],
    ),
    "a form that is a list": (
        request("form: [a, b]\nexpect: {status: 200}"),
        ["8:11: form is a mapping of names and values; this is a list."],
    ),
    "a query that is text": (
        request("query: a=1\nexpect: {status: 200}"),
        ['8:12: query is a mapping of names and values; this is "a=1".'],
    ),
    "a flow without steps": (flow("steps: []"), ["8:5: steps holds at least one step."]),
    "steps left out": (
        flow("after: one"),
        ['4:5: a check of type flow lacks the key "steps".', "4:9: checks need each other in a circle: one, one."],
    ),
    "a step of nothing": (
        steps("- expect: {status: 200}"),
        ["9:9: a step has one of path, submit and follow; none is here."],
    ),
    "a step of two things": (
        steps("- path: /\n  follow: Home"),
        ["9:9: a step has one of path, submit and follow; path and follow is here."],
    ),
    "a step that sends what it cannot": (
        steps("- submit: {press: Send}\n  json: {a: 1}"),
        ["10:9: json belongs to a path; submit takes what it sends from the page."],
    ),
    "a cookie that a form cannot bring": (
        steps("- submit: {press: Send}\n  cookies: {a: b}"),
        ["10:9: cookies belongs to a path; submit takes what it sends from the page."],
    ),
    "a form of no page": (
        steps("- submit: Send"),
        ["8:5: steps begin with a path; or say after, where they go on from another check."],
    ),
    "a link of no page": (
        steps("- {path: /, browser: one}\n- {follow: Home, browser: two}"),
        ["8:5: steps: following the link “Home” takes a page, and the browser 'two' has none yet."],
    ),
    "a link of no page in a flow that goes on": (
        HEAD + check(OK, type="request") + check("after: one\nsteps: [{follow: Home, browser: b}]", id="two"),
        ["14:12: steps: following the link “Home” takes a page, and the browser 'b' has none yet."],
    ),
    "a step with a misspelt key": (steps("- pth: /"), ['9:9: steps has no key "pth". Did you mean "path"?']),
    "changes of one answer": (
        steps("- path: /\n  distinct: body"),
        ["10:9: distinct compares repeated answers; write repeat: 2 or more beside it."],
    ),
    "too many requests": (
        steps("- {path: /, repeat: 200}\n- {path: /, repeat: 200}\n- {path: /, repeat: 2}"),
        ["8:5: steps send at most 400 requests, repetitions included."],
    ),
    "an unknown key of a form": (
        steps("- path: /\n- submit: {fil: {a: 1}}"),
        ['10:18: submit has no key "fil". Did you mean "fill"?'],
    ),
    "a form that is filled with a list": (
        steps("- path: /\n- submit: {fill: [a]}"),
        ["10:24: fill is a mapping of names and values; this is a list."],
    ),
    "used before it is captured": (
        steps("- path: /users/${id}\n- path: /\n  capture: {id: url}"),
        [("9:15: ${id} is used before anything is captured under that name. No step captures anything before.")],
    ),
    "never captured": (
        steps("- path: /${idd}\n  capture: {id: url}\n- path: /${idd}"),
        [
            ("9:15: ${idd} is used before anything is captured under that name. No step captures anything before."),
            '9:15: ${idd} is used before anything is captured under that name. Did you mean "id"?',
        ],
    ),
    "captured under a made-up name": (
        steps("- path: /\n  capture: {unique_id: url}"),
        ["10:9: capture: unique_id is made up by the grader; choose another name."],
    ),
    "captured under no name": (
        steps('- path: /\n  capture: {"my id": url}'),
        ["10:9: capture: 'my id' is no name of letters, digits and underscores."],
    ),
    "captured from nothing": (
        steps("- path: /\n  capture: {id: {}}"),
        [
            (
                "10:23: say what to read, by one of status, reason, body, title, text, duration, redirect, "
                "url, log, header, cookie, css, xpath, form, link, table, image, jsonpath, regex; these are"
                " 0."
            )
        ],
    ),
    "captured from two": (
        steps("- path: /\n  capture: {id: {css: a, header: b}}"),
        [
            (
                "10:23: say what to read, by one of status, reason, body, title, text, duration, redirect, "
                "url, log, header, cookie, css, xpath, form, link, table, image, jsonpath, regex; these are"
                " 2."
            )
        ],
    ),
    "captured by an unknown word": (
        steps("- path: /\n  capture: {id: urll}"),
        [
            (
                '10:23: of is "status" or "reason" or "body" or "title" or "text" or "duration" or "redirec'
                't" or "url" or "log"; this is "urll". Did you mean "url"?'
            )
        ],
    ),
    "captured in another flow": (
        HEAD + check("steps:\n  - path: /\n    capture: {id: url}") + check("steps:\n  - path: /${id}", id="two"),
        [("16:15: ${id} is used before anything is captured under that name. No step captures anything before.")],
    ),
    "expected before it is captured": (
        request('path: /\nexpect: {text: {contains: "${nobody}"}}'),
        [("9:31: ${nobody} is used before anything is captured under that name. No step captures anything before.")],
    ),
    "an expectation of nothing": (
        expect("hint: Look."),
        [
            (
                "9:9: an expectation says what to look at: one of status, reason, body, title, text, durati"
                "on, redirect, url, log, page, schema, header, cookie, css, xpath, form, link, table, image"
                ", jsonpath, regex, all, any."
            )
        ],
    ),
    "two queries": (
        expect("header: A\ncookie: b"),
        ["10:9: cookie is a second query; begin each expectation with a dash of its own."],
    ),
    "what is asked of a text beside it": (
        expect("body: x\nstarts_with: y"),
        ["9:9: body takes what is asked as its value, such as body: {contains: ...}."],
    ),
    "a part of no cookie": (expect("header: A\npart: path"), ["10:9: part belongs to cookie."]),
    "a part that is unknown": (
        expect("cookie: a\npart: flavour"),
        [
            (
                '10:15: part is "value" or "domain" or "path" or "expires" or "max_age" or "same_site" or "'
                'secure" or "http_only"; this is "flavour".'
            )
        ],
    ),
    "an attribute of a header": (
        expect("header: A\nattribute: b"),
        ["10:9: attribute belongs to one of css, xpath, link, image."],
    ),
    "a row of no table": (expect("css: td\nrow: Bread"), ["10:9: row belongs to table."]),
    "an empty selector": (expect('css: " "'), ["9:9: css is empty."]),
    "a selector that is none": (
        expect('css: "a["'),
        ["9:9: css: 'a[' is not a CSS selector: Malformed attribute selector at position 1."],
    ),
    "an unknown pseudo-class": (
        expect('css: "a:hovver"'),
        [
            (
                "9:9: css: 'a:hovver' is not a CSS selector: ':hovver' was detected as a pseudo-class and i"
                "s either unsupported or invalid. If the syntax was not intended to be recognized as a pseu"
                "do-class, please escape the colon."
            )
        ],
    ),
    "an xpath that is none": (
        expect('xpath: "//a["'),
        ["9:9: xpath: '//a[' is no XPath 1.0 such as //h1: Invalid expression."],
    ),
    "a jsonpath that is none": (
        expect("jsonpath: items.0"),
        [
            (
                "9:9: jsonpath: 'items.0' is no JSONPath such as $.items[0].name: expected '$', found 'i', "
                "line 1, column 0."
            )
        ],
    ),
    "a schema that is a list": (
        expect("schema: [object]"),
        ["9:9: schema is a JSON Schema: a mapping such as {type: object}."],
    ),
    "a schema of an unknown kind": (
        expect("schema: {type: objekt}"),
        [("9:9: schema is no JSON Schema: 'objekt' is not valid under any of the given schemas, at type.")],
    ),
    "a schema with a pattern that is none": (
        expect("schema: {type: string, pattern: '(?=a)'}"),
        [
            (
                '9:9: schema: "(?=a)" is no pattern: invalid perl operator: (?=. A look-ahead or look-behin'
                "d is not possible: match what stands around, too, and put what you want into a group: ( )."
            )
        ],
    ),
    "an unclosed group": (expect("regex: '(a'"), ['9:9: regex: "(a" is no pattern: missing ): (a.']),
    "an empty alternative": (
        expect("any: []"),
        [
            (
                "9:9: an expectation says what to look at: one of status, reason, body, title, text, durati"
                "on, redirect, url, log, page, schema, header, cookie, css, xpath, form, link, table, image"
                ", jsonpath, regex, all, any."
            )
        ],
    ),
    "a status in words": (expect("status: ok"), ['9:9: status is a whole number from 100 to 599; this is "ok".']),
    "a duration in words": (expect("duration: {one_of: [long]}"), ['9:9: duration is a number; this is "long".']),
    "an unknown predicate": (
        expect("css: h1\ncontain: a"),
        ['10:9: expect has no key "contain". Did you mean "contains"?'],
    ),
    "page that is full": (expect("page: full"), ['9:15: page is "not empty"; this is "full".']),
    "a look-ahead": (
        expect("css: h1\nmatches: 'a(?=b)'"),
        [
            (
                '10:9: matches: "a(?=b)" is no pattern: invalid perl operator: (?=. A look-ahead or look-be'
                "hind is not possible: match what stands around, too, and put what you want into a group: ("
                " )."
            )
        ],
    ),
    "a look-behind": (
        expect("css: h1\nmatches: '(?<=a)b'"),
        [
            (
                '10:9: matches: "(?<=a)b" is no pattern: invalid perl operator: (?<=. A look-ahead or look-'
                "behind is not possible: match what stands around, too, and put what you want into a group:"
                " ( )."
            )
        ],
    ),
    "a negative look-ahead": (
        expect("css: h1\nmatches: 'a(?!b)'"),
        [
            (
                '10:9: matches: "a(?!b)" is no pattern: invalid perl operator: (?!. A negative look-around '
                'is not possible: use "not" with a pattern of its own.'
            )
        ],
    ),
    "a reference back": (
        expect(r"css: h1" + "\n" + r"matches: '(a)\1'"),
        [
            (
                '10:9: matches: "(a)\\1" is no pattern: invalid escape sequence: \\1. A reference back to a g'
                "roup is not possible: write the text out, or capture it and use it in a later step."
            )
        ],
    ),
    "a possessive repetition": (
        expect("css: h1\nmatches: 'a++'"),
        [
            (
                '10:9: matches: "a++" is no pattern: bad repetition operator: ++. Atomic groups and possess'
                "ive repetitions are not possible, and not needed: matching never takes long. Take the extr"
                "a + or ?> away."
            )
        ],
    ),
    "an atomic group": (
        expect("css: h1\nmatches: '(?>a)'"),
        [
            (
                '10:9: matches: "(?>a)" is no pattern: invalid perl operator: (?>. Atomic groups and posses'
                "sive repetitions are not possible, and not needed: matching never takes long. Take the ext"
                "ra + or ?> away."
            )
        ],
    ),
    "an end of text as in Python": (
        expect(r"css: h1" + "\n" + r"matches: 'a\Z'"),
        [('10:9: matches: "a\\Z" is no pattern: invalid escape sequence: \\Z. Write \\z for the end of the text.')],
    ),
    "a repetition of nothing": (
        expect("css: h1\nmatches: '*'"),
        ['10:9: matches: "*" is no pattern: no argument for repetition operator: *.'],
    ),
    "a class left open": (expect("css: h1\nmatches: '[a'"), ['10:9: matches: "[a" is no pattern: missing ]: [a.']),
    "a bound that is a word": (expect('css: h1\n">": many'), ['10:9: > compares numbers; "many" is none.']),
    "between one": (expect("css: h1\nbetween: [1]"), ["10:9: between takes two numbers, such as [1, 6]."]),
    "between nothing": (expect("css: h1\nbetween: [5, 1]"), ["10:9: between 5 and 1 lies no number."]),
    "an empty beginning": (
        expect('css: h1\nstarts_with: ""'),
        ["10:9: starts_with is an empty text, which every text satisfies."],
    ),
    "containing nothing": (expect('css: h1\ncontains: ""'), ["10:9: contains an empty text: every text does."]),
    "sorted upwards": (expect("css: h1\nsorted: up"), ['10:17: sorted is "ascending" or "descending"; this is "up".']),
    "exists by a word": (
        expect('css: h1\nexists: "yes"'),
        ['10:17: exists is true or false; this is "yes". Write true.'],
    ),
    "an integer range beside no text": (
        expect("css: h1\nfrom: 1"),
        ["9:9: integer, from and to say what {number} is, but reads holds no {number}."],
    ),
    "a count that is a word": (
        expect("css: h1\ncount: {equls: 1}"),
        ['10:17: count has no key "equls". Did you mean "equals"?'],
    ),
    "alternatives of one": (
        flow("solutions: [{type: starts}]", type="any_of"),
        ["8:5: solutions holds two checks or more, of which one is enough."],
    ),
    "an alternative without a type": (
        flow("solutions: [{type: starts}, {path: /}]", type="any_of"),
        ['8:33: solutions holds checks by their type and its keys, such as "- type: starts".'],
    ),
    "an alternative that goes on from nobody": (
        flow("solutions: [{type: starts}, {type: flow, after: tow, steps: [{path: /}]}]", type="any_of"),
        ['8:53: there is no check "tow" to go on from.'],
    ),
    "an alternative that goes on from itself": (
        flow("solutions: [{type: starts}, {type: flow, after: one, steps: [{path: /}]}]", type="any_of"),
        [
            "4:9: checks need each other in a circle: one, one.",
            "8:53: after goes on from a check of type flow or request; one is another one.",
        ],
    ),
    "an alternative that uses what nobody captured": (
        flow('solutions: [{type: starts}, {type: flow, steps: [{path: "/${id}"}]}]', type="any_of"),
        [("8:61: ${id} is used before anything is captured under that name. No step captures anything before.")],
    ),
    "an alternative of an unknown type": (
        flow("solutions: [{type: starts}, {type: strats}]", type="any_of"),
        [
            (
                '8:40: there is no check type "strats". Did you mean "starts"? Known: starts, guarded, list'
                "ens, template_folder, serves_static, request, flow, any_of, source, html, renders."
            )
        ],
    ),
    "an alternative that is weighed": (
        flow("solutions: [{type: starts}, {type: starts, points: 1}]", type="any_of"),
        ['8:48: a check of type starts has no key "points". It takes none.'],
    ),
    "claims of nothing": (
        flow("claims: []", type="html"),
        [
            (
                "8:5: claims names at least one of title, language, one_h1, heading_order, labels, alt_text"
                "s, nesting, links."
            )
        ],
    ),
    "a claim that is unknown": (
        flow("claims: [titel]", type="html"),
        [
            (
                '8:14: claims is "title" or "language" or "one_h1" or "heading_order" or "labels" or "alt_t'
                'exts" or "nesting" or "links"; this is "titel". Did you mean "title"?'
            )
        ],
    ),
    "a claim twice": (flow("claims: [title, title]", type="html"), ["8:5: claims names title twice."]),
    "a page without a slash": (
        flow("path: home\nclaims: title", type="html"),
        ["8:5: path begins with a slash; this is 'home'."],
    ),
    "a source without a question": (
        flow("none: true", type="source"),
        ["4:5: say what is looked for: imports, calls, decorators, functions or uses."],
    ),
    "a call that is none": (
        flow("calls: [random randint]", type="source"),
        [("8:13: name is that of a function, such as random.randint or *.execute; this is 'random randint'.")],
    ),
    "an import that is none": (
        flow("imports: [a-b]", type="source"),
        ["8:5: imports takes names such as random.randint; this is 'a-b'."],
    ),
    "a source elsewhere": (
        flow("imports: os\nfile: ../x.py", type="source"),
        ["9:5: file is a path inside the submission, such as main.py; this is '../x.py'."],
    ),
}


def faults_of(text: str) -> list[str]:
    with pytest.raises(RubricError) as caught:
        parse_rubric(text.encode(), "lab.yaml")
    return [fault.removeprefix("lab.yaml:") for fault in caught.value.faults]


@pytest.mark.parametrize(("text", "faults"), WRONG.values(), ids=WRONG)
def test_what_a_rubric_may_not_say_is_refused_at_its_place(text: str, faults: list[str]) -> None:
    assert faults_of(text) == faults


def test_a_fault_is_shown_with_its_line_and_a_caret_below_the_place() -> None:
    with pytest.raises(RubricError) as caught:
        parse_rubric(steps("- pth: /").encode(), "lab.yaml")
    (fault,) = caught.value.details
    assert fault.pointed().splitlines() == [
        'lab.yaml:9:9: steps has no key "pth". Did you mean "path"?',
        "    9 |       - pth: /",
        "      |         ^",
    ]
