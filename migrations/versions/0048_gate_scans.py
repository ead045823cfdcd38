"""The gate without signal: who was let in, by which phone and when, also twice; and days that parties with tickets left

Revision: 0048
Follows: 0047
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "gate_scans",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("departure_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("scanned_at", INSTANT, nullable=False),
        sa.Column("means", sa.Enum("symbol", "code", name="scanmeans", native_enum=False, create_constraint=True, length=40), nullable=False),
        sa.Column("heads", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Enum("cancelled", "wrong_day", "unpaid", name="scantrouble", native_enum=False, create_constraint=True, length=40), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("heads > 0", name=op.f("ck_gate_scans_heads_positive")),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_gate_scans_booking_id")),
        sa.ForeignKeyConstraint(["departure_id"], ["departures.id"], name=op.f("fk_gate_scans_departure_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_gate_scans_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_scans")),
    )
    op.create_index(op.f("ix_gate_scans_booking_id"), "gate_scans", ["booking_id"])
    op.create_index(op.f("ix_gate_scans_departure_id"), "gate_scans", ["departure_id"])
    op.create_table(
        "gate_entries",
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("is_repeat", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["unit_items.id"], name=op.f("fk_gate_entries_item_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["gate_scans.id"], name=op.f("fk_gate_entries_scan_id")),
        sa.PrimaryKeyConstraint("scan_id", "item_id", name=op.f("pk_gate_entries")),
    )
    op.create_index("uq_gate_entries_first", "gate_entries", ["item_id"], unique=True, postgresql_where=sa.text("NOT is_repeat"))
    op.create_table(
        "left_departures",
        sa.Column("departure_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("left_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_left_departures_booking_id")),
        sa.ForeignKeyConstraint(["departure_id"], ["departures.id"], name=op.f("fk_left_departures_departure_id")),
        sa.PrimaryKeyConstraint("departure_id", "booking_id", name=op.f("pk_left_departures")),
    )
    # Whoever came in before has a scan of its own, so that a phone that sends late is measured against it.
    op.execute(
        """
        INSERT INTO gate_scans (id, booking_id, departure_id, person_id, scanned_at, means, heads, created_at)
        SELECT i.id, i.booking_id, b.departure_id, i.redeemed_by_id, i.redeemed_at, 'code', i.heads, i.redeemed_at
        FROM unit_items i JOIN bookings b ON b.id = i.booking_id
        WHERE i.redeemed_at IS NOT NULL AND i.redeemed_by_id IS NOT NULL
        """
    )
    op.execute("INSERT INTO gate_entries (scan_id, item_id, is_repeat) SELECT i.id, i.id, false FROM unit_items i JOIN gate_scans s ON s.id = i.id")


def downgrade() -> None:
    op.drop_table("left_departures")
    op.drop_table("gate_entries")
    op.drop_table("gate_scans")
