"""Add-ons of visits: lunch, a basket, a fish to take home

Revision: 0054
Follows: 0053
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def _kind() -> sa.Column[str]:
    kind = sa.Enum("goods", "services", "transport", "other", name="taxkind", native_enum=False, create_constraint=True, length=40)
    return sa.Column("tax_kind", kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "tour_extras",
        sa.Column("tour_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("per", sa.Enum("head", "piece", name="extraper", native_enum=False, create_constraint=True, length=40), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        _kind(),
        sa.Column("most", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_tour_extras_price_positive")),
        sa.CheckConstraint("most > 0", name=op.f("ck_tour_extras_most_positive")),
        sa.ForeignKeyConstraint(["tour_id"], ["tours.id"], name=op.f("fk_tour_extras_tour_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tour_extras")),
    )
    op.create_index(op.f("ix_tour_extras_tour_id"), "tour_extras", ["tour_id"])
    op.create_table(
        "booking_extras",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("extra_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _kind(),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_booking_extras_number_positive")),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_booking_extras_booking_id")),
        sa.ForeignKeyConstraint(["extra_id"], ["tour_extras.id"], name=op.f("fk_booking_extras_extra_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_extras")),
        sa.UniqueConstraint("booking_id", "extra_id", name=op.f("uq_booking_extras_booking_id_extra_id")),
    )
    op.create_index(op.f("ix_booking_extras_extra_id"), "booking_extras", ["extra_id"])


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM booking_extras")):
        raise RuntimeError("what guests have paid for would be lost; restore a backup instead")
    op.drop_table("booking_extras")
    op.drop_table("tour_extras")
