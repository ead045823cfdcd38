"""Keep how many times a hold was made longer, who waits for seats, and how many guests a day needs

Revision: 0047
Follows: 0046
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("bookings", sa.Column("extensions", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("tours", sa.Column("minimum_heads", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("tours", sa.Column("decide_hours", sa.BigInteger(), server_default="48", nullable=False))
    op.add_column(
        "tours",
        sa.Column(
            "below",
            sa.Enum("call_off", "ask", name="belowrule", native_enum=False, create_constraint=True, length=40),
            server_default="call_off",
            nullable=False,
        ),
    )
    op.add_column("departures", sa.Column("asked_at", INSTANT, nullable=True))
    op.add_column("departures", sa.Column("sure_at", INSTANT, nullable=True))
    op.execute("UPDATE departures SET sure_at = now() WHERE state IN ('go', 'closed')")
    op.create_table(
        "waiting_parties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("departure_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting", "offered", "left", "closed", name="waitingstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("heads", sa.BigInteger(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="vi", nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("offered_at", INSTANT, nullable=True),
        sa.Column("left_at", INSTANT, nullable=True),
        sa.CheckConstraint("heads > 0", name=op.f("ck_waiting_parties_heads_positive")),
        sa.CheckConstraint(
            "(state = 'offered') = (booking_id IS NOT NULL)", name=op.f("ck_waiting_parties_offered_with_a_booking")
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_waiting_parties_booking_id")),
        sa.ForeignKeyConstraint(["departure_id"], ["departures.id"], name=op.f("fk_waiting_parties_departure_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_waiting_parties_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_parties")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_waiting_parties_booking_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_waiting_parties_token_hash")),
    )
    op.create_index(op.f("ix_waiting_parties_departure_id"), "waiting_parties", ["departure_id"])
    op.create_index(
        "uq_waiting_parties_once",
        "waiting_parties",
        ["departure_id", "contact_phone"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "waiting_units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_waiting_units_number_positive")),
        sa.ForeignKeyConstraint(["party_id"], ["waiting_parties.id"], name=op.f("fk_waiting_units_party_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["tour_units.id"], name=op.f("fk_waiting_units_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_units")),
        sa.UniqueConstraint("party_id", "unit_id", name=op.f("uq_waiting_units_party_id_unit_id")),
    )


def downgrade() -> None:
    op.drop_table("waiting_units")
    op.drop_table("waiting_parties")
    op.drop_column("departures", "sure_at")
    op.drop_column("departures", "asked_at")
    op.drop_column("tours", "below")
    op.drop_column("tours", "decide_hours")
    op.drop_column("tours", "minimum_heads")
    op.drop_column("bookings", "extensions")
