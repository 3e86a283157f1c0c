"""What all tables have, and the name that an address gives to a row."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from grader.store.tables import ID, NAMES


def new_key() -> str:
    """A name that nobody guesses: 96 bits."""
    return secrets.token_urlsafe(12)


class Table(DeclarativeBase):
    """What every table has."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON, list[Any]: JSON, datetime: DateTime}

    id: Mapped[int] = mapped_column(ID, primary_key=True)
