"""Paper tickets: batches that lie at sales points, their tickets, and what was settled of them

Revision: 0056
Follows: 0055
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
# What may be paid for and refunded, and what may be odd about a scan, before and with paper tickets.
KINDS = {
    ("payments", "payable_kind", "payablekind"): (("order", "booking", "balance", "stay"), "batch"),
    ("refunds", "payable_kind", "payablekind"): (("order", "booking", "balance", "stay"), "batch"),
    ("gate_scans", "trouble", "scantrouble"): (("cancelled", "wrong_day", "unpaid"), "full"),
}


def _allow(*, more: bool) -> None:
    for (table, column, name), (kinds, new) in KINDS.items():
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        listed = ", ".join(f"'{kind}'" for kind in (*kinds, *([new] if more else [])))
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} IN ({listed})")


def upgrade() -> None:
    _allow(more=True)
    op.create_table(
        "ticket_batches",
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("tour_id", sa.Uuid(), nullable=False),
        sa.Column("option_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("departure_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("point_name", sa.Text(), nullable=False),
        sa.Column("point_phone", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("heads", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("keep_minor", sa.BigInteger(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("count BETWEEN 1 AND 200", name=op.f("ck_ticket_batches_count_of_a_batch")),
        sa.CheckConstraint("heads > 0", name=op.f("ck_ticket_batches_heads_positive")),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_ticket_batches_price_positive")),
        sa.CheckConstraint("0 <= keep_minor AND keep_minor < price_minor", name=op.f("ck_ticket_batches_keep_within_price")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_ticket_batches_valid_forward")),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_ticket_batches_producer_id")),
        sa.ForeignKeyConstraint(["tour_id"], ["tours.id"], name=op.f("fk_ticket_batches_tour_id")),
        sa.ForeignKeyConstraint(["option_id"], ["tour_options.id"], name=op.f("fk_ticket_batches_option_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["tour_units.id"], name=op.f("fk_ticket_batches_unit_id")),
        sa.ForeignKeyConstraint(["departure_id"], ["departures.id"], name=op.f("fk_ticket_batches_departure_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["people.id"], name=op.f("fk_ticket_batches_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_batches")),
        sa.UniqueConstraint("code", name=op.f("uq_ticket_batches_code")),
    )
    op.create_index(op.f("ix_ticket_batches_producer_id"), "ticket_batches", ["producer_id"])
    op.create_index(op.f("ix_ticket_batches_departure_id"), "ticket_batches", ["departure_id"])
    op.add_column("bookings", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_bookings_batch_id"), "bookings", "ticket_batches", ["batch_id"], ["id"])
    op.create_index(op.f("ix_bookings_batch_id"), "bookings", ["batch_id"])
    op.create_table(
        "batch_settlements",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("sold", sa.BigInteger(), nullable=False),
        sa.Column("back", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("keep_minor", sa.BigInteger(), nullable=False),
        sa.Column("settled_by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("sold >= 0 AND back >= 0 AND sold + back > 0", name=op.f("ck_batch_settlements_something_settled")),
        sa.CheckConstraint("amount_minor >= 0 AND keep_minor >= 0", name=op.f("ck_batch_settlements_amounts_not_negative")),
        sa.ForeignKeyConstraint(["batch_id"], ["ticket_batches.id"], name=op.f("fk_batch_settlements_batch_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["people.id"], name=op.f("fk_batch_settlements_settled_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_settlements")),
    )
    op.create_index(op.f("ix_batch_settlements_batch_id"), "batch_settlements", ["batch_id"])
    op.create_table(
        "batch_tickets",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("state", sa.Enum("out", "sold", "back", name="ticketstate", native_enum=False, create_constraint=True, length=40), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("settlement_id", sa.Uuid(), nullable=True),
        sa.Column("returned_at", INSTANT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("(state = 'sold') = (settlement_id IS NOT NULL)", name=op.f("ck_batch_tickets_sold_when_settled")),
        sa.CheckConstraint("state <> 'back' OR booking_id IS NULL", name=op.f("ck_batch_tickets_back_leads_nowhere")),
        sa.CheckConstraint("returned_at IS NULL OR state = 'sold'", name=op.f("ck_batch_tickets_returned_once_sold")),
        sa.ForeignKeyConstraint(["batch_id"], ["ticket_batches.id"], name=op.f("fk_batch_tickets_batch_id")),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_batch_tickets_booking_id")),
        sa.ForeignKeyConstraint(["settlement_id"], ["batch_settlements.id"], name=op.f("fk_batch_tickets_settlement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_tickets")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_batch_tickets_batch_id_number")),
        sa.UniqueConstraint("code", name=op.f("uq_batch_tickets_code")),
    )
    op.create_index(op.f("ix_batch_tickets_booking_id"), "batch_tickets", ["booking_id"], unique=True)
    op.create_index(op.f("ix_batch_tickets_settlement_id"), "batch_tickets", ["settlement_id"])


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM ticket_batches")):
        raise RuntimeError("tickets that lie at sales points would open no gate; restore a backup instead")
    op.drop_table("batch_tickets")
    op.drop_table("batch_settlements")
    op.drop_index(op.f("ix_bookings_batch_id"), "bookings")
    op.drop_constraint(op.f("fk_bookings_batch_id"), "bookings")
    op.drop_column("bookings", "batch_id")
    op.drop_table("ticket_batches")
    _allow(more=False)
