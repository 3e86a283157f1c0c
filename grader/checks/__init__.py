"""The check types: each says what it wants to see (`plan`) and judges what was seen (`judge`); none talks to a server.

A check type is a frozen dataclass whose fields are its YAML keys in a rubric (`from_` is written `from`). To add one:
a file, or a place in the file of its family, and a line in CHECKS.
"""

from __future__ import annotations

from grader.checks.alternatives import AnyOf
from grader.checks.answers import Answers
from grader.checks.flow import Flow
from grader.checks.listens import Listens
from grader.checks.page_claims import HtmlClaims
from grader.checks.source_code import SourceCode
from grader.checks.starting import Guarded, Starts
from grader.checks.static_files import ServesStatic
from grader.checks.templates import Renders, TemplateFolder
from grader.model import Check

CHECKS: dict[str, type[Check]] = {
    "starts": Starts,
    "guarded": Guarded,
    "listens": Listens,
    "template_folder": TemplateFolder,
    "serves_static": ServesStatic,
    "request": Answers,
    "flow": Flow,
    "any_of": AnyOf,
    "source": SourceCode,
    "html": HtmlClaims,
    "renders": Renders,
}

__all__ = ["CHECKS"]
