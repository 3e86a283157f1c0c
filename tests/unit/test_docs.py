"""The documents say what the code does: every type, key and option, examples that load, links that lead somewhere."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest
import yaml

from grader.checks import CHECKS
from grader.cli import FORMATS, grade
from grader.cli import _command as named
from grader.cli.batch import batch, rescore
from grader.cli.doctor import doctor
from grader.cli.export import export
from grader.cli.rubrics import rubric
from grader.doctor import Diagnosis
from grader.launch.selftest import ATTEMPTS
from grader.model import Level, Limits
from grader.model.report import Weight
from grader.render.volatile import schema
from grader.rubric import parse_rubric
from grader.rubric.decode import keys_of
from grader.sources import Kind

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
RUBRIC = (ROOT / "docs/rubric.md").read_text("utf-8")
REPORT = (ROOT / "docs/report.md").read_text("utf-8")
SECURITY = (ROOT / "docs/security.md").read_text("utf-8")
CLASS = (ROOT / "docs/class.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text("utf-8")


def sections() -> dict[str, str]:
    """Check type → its section of docs/rubric.md."""
    parts = re.split(r"^### `(\w+)`$", RUBRIC, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def examples(text: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_type_has_a_section_with_every_key_and_an_example_that_loads(name: str) -> None:
    section = sections()[name]
    example = examples(section)[0]
    loaded = parse_rubric(f"id: r\ntitle: R\nchecks:\n{example}".encode(), "example.yaml")
    assert isinstance(loaded.checks[0].check, CHECKS[name])
    for key in keys_of(CHECKS[name]):
        assert f"`{key}`" in section, key


def test_no_section_describes_a_type_that_is_not_there() -> None:
    assert set(sections()) == set(CHECKS)


def test_the_complete_example_loads_and_names_every_common_key() -> None:
    head = RUBRIC.split("## Types")[0]
    parse_rubric(examples(head)[0].encode(), "example.yaml", folder=ROOT / "tests/handbook")
    for key in ("id", "title", "version", "pass_mark", "entry", "packages", "limits", "checks", "points", "type"):
        assert f"`{key}`" in head
    for key in ("section", "hint", "needs", "visibility", *keys_of(Limits)):
        assert f"`{key}`" in head


def test_every_option_is_documented() -> None:
    for parameter in grade.params:
        if isinstance(parameter, click.Option):
            assert any(name in OPERATIONS for name in parameter.opts), parameter.opts


def test_every_top_level_field_of_the_report_is_documented() -> None:
    assert [name for name in schema()["properties"] if not re.search(rf"\b{name}\b", REPORT)] == []


@pytest.mark.parametrize("part", schema()["$defs"])
def test_every_field_of_a_part_of_the_report_is_documented(part: str) -> None:
    fields = schema()["$defs"][part].get("properties", ())
    assert [name for name in fields if not re.search(rf"\b{name}\b", REPORT)] == []


def test_every_way_in_which_a_check_can_count_is_documented() -> None:
    assert all(f"| `{weight}` |" in REPORT for weight in Weight)


def test_what_the_probe_tries_stands_in_the_document_with_the_levels_at_which_it_must_fail() -> None:
    rows = re.findall(r"^\| (.+?) \| (m\w+ \w+) \| (m\w+ \w+) \| (m\w+ \w+) \|$", SECURITY, flags=re.MULTILINE)
    words = {True: "must fail", False: "may succeed"}
    assert rows == [(a.words, *(words[level in a.levels] for level in Level)) for a in ATTEMPTS]


def test_every_limit_is_documented_where_it_is_set_and_where_it_is_held() -> None:
    for name in keys_of(Limits):
        assert f"`{name}` |" in OPERATIONS
        assert f"`{name}`" in SECURITY


def test_every_option_of_the_doctor_and_every_part_of_what_it_prints_is_documented() -> None:
    section = OPERATIONS.partition("## `grade doctor`")[2].partition("\n## ")[0]
    for parameter in doctor.params:
        assert any(name in section for name in parameter.opts), parameter.opts
    for field in fields(Diagnosis):
        assert f"`{field.name}`" in section, field.name


@pytest.mark.parametrize("command", [batch, rescore, export], ids=lambda command: command.name)
def test_every_option_for_a_class_is_documented(command: click.Command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert any(f"`{name}" in CLASS or f" {name}" in CLASS for name in parameter.opts), parameter.opts


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_every_kind_of_a_source_is_documented(kind: str) -> None:
    assert f"`{kind}`" in CLASS


def commands() -> list[list[str]]:
    found = []
    for document in DOCUMENTS:
        for block in re.findall(r"^```sh\n(.*?)^```$", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL):
            found += [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("grade ")]
    return found


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_command_lines_in_documents_are_understood(arguments: list[str]) -> None:
    command, rest = named([a for a in arguments if a not in (">", "rubric.schema.json")])
    if isinstance(command, click.Group):
        name, *rest = rest
        command = command.commands[name]
    context = command.make_context(command.name, rest)
    assert command is not grade or context.params["format"] in FORMATS


def test_every_command_for_rubrics_is_documented() -> None:
    assert all(f"grade rubric {name}" in RUBRIC for name in rubric.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text("utf-8")):
        assert "://" in target or (document.parent / target).exists(), target


def test_workflow_examples_are_yaml() -> None:
    for document in DOCUMENTS:
        for example in examples(document.read_text("utf-8")):
            yaml.safe_load(example)
