"""The base of every table: names of constraints, column types, ids."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Enum, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.core.ids import uuid7


def _values(enum: type[StrEnum]) -> list[str]:
    return [member.value for member in enum]


class Base(DeclarativeBase):
    """Declarative base; `int` is BIGINT everywhere, `datetime` is an aware instant, a StrEnum is checked text."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own class attribute
        str: Text,
        int: BigInteger,
        date: Date,
        datetime: TIMESTAMP(timezone=True),
        UUID: Uuid,
        dict[str, Any]: JSONB,
        dict[str, str]: JSONB,
        list[str]: JSONB,
        StrEnum: Enum(StrEnum, native_enum=False, create_constraint=True, length=40, values_callable=_values),
    }


UuidPk = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
"""A primary key made by us (UUIDv7, so that rows sort by birth)."""


class Identified:
    """A row with an id of its own and the instant of its birth (UTC)."""

    id: Mapped[UuidPk]
    created_at: Mapped[datetime]
