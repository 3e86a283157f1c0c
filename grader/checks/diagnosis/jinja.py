"""Exceptions of Jinja: a template that is not found, that is no Jinja, or that uses what nobody passes."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from grader.checks.diagnosis.crash import Crash, Rule
from grader.checks.diagnosis.finding import Finding, short
from grader.checks.diagnosis.templates import folder_of, missing_file, unpassed


def not_found(crash: Crash, match: re.Match[str]) -> Finding | None:
    """TemplateNotFound: the folder searched, and the file that is there."""
    name = short(match[1], 80)
    folder = folder_of(crash.evidence)
    if name.startswith(("/", "..")) or "\\" in name:
        return crash.find(
            f"{crash.where} asks for the template '{name}', a path that leaves the folder {folder}.",
            "Write the name as it is inside that folder: 'base.html'.",
        )
    if PurePosixPath(name).parts[:1] == (folder,):
        inner = name.removeprefix(f"{folder}/")
        return crash.find(
            f"{crash.where} asks for '{name}', and Flask looks for it inside the folder {folder}.",
            f"Leave the folder out: render_template('{inner}').",
        )
    why, hint = missing_file(crash.evidence, str(PurePosixPath(folder, name)))
    return crash.find(f"{crash.where} asks for the template '{name}', but {why}.", hint)


def template_syntax(crash: Crash, match: re.Match[str]) -> Finding | None:
    """TemplateSyntaxError: Jinja's words in plain ones, with the template's line."""
    words = short(match[0], 160)
    for pattern, meaning, hint in _SYNTAX:
        found = re.search(pattern, words)
        if found:
            groups = [g or "" for g in found.groups()]
            return crash.find(f"{crash.where} {meaning.format(*groups)}.", hint.format(*groups))
    return crash.find(
        f'{crash.where} is not valid Jinja: "{words}".',
        "Write a value as {{ random_number }}, and tags as {% if ... %}.",
    )


_SYNTAX = (
    (r"unknown tag '(?!end)(\w{1,60})'", "writes {0} between {{% and %}}, which is for tags like if and for",
     "Write `{{{{ {0} }}}}` to show a value."),
    (r"Unexpected end of template.*?'(end\w+)'", "opens a block that is never closed", "Close it with {{% {0} %}}."),
    (r"expected token 'end of print statement', got '([^']{0,40})'",
     "has something between {{{{ and }}}} that Jinja cannot read, near '{0}'",
     "Write one name between the braces: `{{{{ random_number }}}}`."),
    (r"unexpected '\}'", "has braces that do not match",
     "Open with {{{{ and close with }}}}: `{{{{ random_number }}}}`."),
    (r"expected token 'end of print statement'|unexpected end of template", "opens {{{{ and does not close it",
     "Write two braces at each side: `{{{{ random_number }}}}`."),
    (r"Expected an expression, got 'end of print statement'", "has nothing between {{{{ and }}}}",
     "Write the variable between them: `{{{{ random_number }}}}`."),
    (r"Missing end of (comment|raw)", "opens a {0} that is never closed", "Close it."),
    (r"No filter named '(\w{1,60})'", "uses a filter {0}, which Jinja does not have",
     "Check its spelling after the |."),
    (r"unknown tag '(end\w*)'", "closes with {0} what was not opened", "Take it out, or open the block before."),
)  # fmt: skip


def undefined(crash: Crash, match: re.Match[str]) -> Finding | None:
    """UndefinedError: a variable that the template uses and nobody passes."""
    return unpassed(crash.evidence, match[1], crash.location)


RULES: tuple[Rule, ...] = (
    ("TemplateNotFound", r"^([^\n]{1,300})", not_found),
    ("TemplatesNotFound", r": ([^\n,]{1,300})", not_found),
    ("TemplateSyntaxError", r"^[^\n]{1,300}", template_syntax),
    ("TemplateAssertionError", r"^[^\n]{1,300}", template_syntax),
    ("UndefinedError", r"'(\w{1,80})' is undefined", undefined),
)
