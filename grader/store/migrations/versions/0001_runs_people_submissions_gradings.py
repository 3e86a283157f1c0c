"""Runs, people, submissions, gradings."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_COUNTS = sa.text("NOT superseded")


def _id() -> sa.Column[int]:
    return sa.Column("id", _number(), primary_key=True)


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table: str, name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _number(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _must(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "runs",
        _id(),
        _must("created", sa.DateTime()),
        sa.Column("finished", sa.DateTime()),
        _must("kind", sa.String(16)),
        _must("rubric_id", sa.Text()),
        _must("rubric_title", sa.Text()),
        _must("rubric_sha256", sa.String(64)),
        _must("rubric_text", sa.Text()),
        _must("checks", sa.JSON()),
        _must("max_score", sa.Text()),
        _must("pass_mark", sa.Text()),
        _must("grader_version", sa.String(64)),
        _must("options", sa.JSON()),
        _must("left_out", sa.JSON()),
    )
    op.create_table(
        "people",
        _id(),
        _must("key", sa.Text()),
        _must("name", sa.Text()),
        _must("ids", sa.JSON()),
        _to("runs", "listed"),
        sa.UniqueConstraint("key"),
    )
    _submissions()
    _gradings()
    for table, column in (
        ("people", "listed"),
        ("submissions", "person_id"),
        ("submissions", "sha256"),
        ("submissions", "listed"),
        ("gradings", "submission_id"),
        ("gradings", "run_id"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index(
        "ix_gradings_that_count",
        "gradings",
        ["submission_id"],
        unique=True,
        sqlite_where=_COUNTS,
        postgresql_where=_COUNTS,
    )


def _submissions() -> None:
    op.create_table(
        "submissions",
        _id(),
        _must("key", sa.Text()),
        _to("people", "person_id"),
        _must("attempt", sa.Integer()),
        _must("label", sa.Text()),
        _must("sha256", sa.String(64)),
        _must("submitted", sa.Text()),
        _must("late_seconds", sa.Float()),
        _must("late", sa.Boolean()),
        _must("file", sa.Text()),
        _must("file_key", sa.Text()),
        _to("runs", "listed"),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("file_key"),
    )


def _gradings() -> None:
    op.create_table(
        "gradings",
        _id(),
        _to("submissions", "submission_id"),
        _to("runs", "run_id"),
        _must("created", sa.DateTime()),
        _must("rubric_sha256", sa.String(64)),
        _must("sha256", sa.String(64)),
        _must("late_seconds", sa.Float()),
        _must("grader_version", sa.String(64)),
        _must("status", sa.String(16)),
        sa.Column("score", sa.Text()),
        _must("max_score", sa.Text()),
        sa.Column("passed", sa.Boolean()),
        _must("problem", sa.Text()),
        _must("marks", sa.JSON()),
        _must("seed", sa.Text()),
        _must("duration_seconds", sa.Float()),
        _must("tries", sa.Integer()),
        _to("gradings", "rescored_from", nullable=True),
        sa.Column("superseded", sa.Boolean(), nullable=False, server_default=sa.false()),
        _must("report", sa.LargeBinary()),
        _must("evidence", sa.LargeBinary()),
    )


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("gradings", "submissions", "people", "runs"):
        op.drop_table(table)
