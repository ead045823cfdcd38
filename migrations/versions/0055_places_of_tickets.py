"""A ticket's place is its own for good; what went back of single tickets, and who joined a party

Revision: 0055
Follows: 0049
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bookings", sa.Column("tickets_made", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("unit_items", sa.Column("place", sa.SmallInteger(), nullable=True))
    # What is printed already says a ticket's index among its booking's, the oldest first.
    op.execute(
        "UPDATE unit_items AS item SET place = counted.place FROM "
        "(SELECT id, row_number() OVER (PARTITION BY booking_id ORDER BY id) - 1 AS place FROM unit_items) AS counted "
        "WHERE counted.id = item.id"
    )
    # No calendar is told of a change that nobody sees.
    op.execute("ALTER TABLE bookings DISABLE TRIGGER USER")
    op.execute(
        "UPDATE bookings SET tickets_made = counted.tickets FROM "
        "(SELECT booking_id, count(*) AS tickets FROM unit_items GROUP BY booking_id) AS counted "
        "WHERE counted.booking_id = bookings.id"
    )
    op.execute("ALTER TABLE bookings ENABLE TRIGGER USER")
    op.alter_column("unit_items", "place", nullable=False)
    op.create_unique_constraint(op.f("uq_unit_items_booking_id_place"), "unit_items", ["booking_id", "place"])
    op.add_column("bookings", sa.Column("returned_minor", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_bookings_returned_within"), "bookings", "0 <= returned_minor AND returned_minor <= total_minor")
    op.add_column("bookings", sa.Column("joins_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_bookings_joins_id"), "bookings", "bookings", ["joins_id"], ["id"])
    op.create_index(op.f("ix_bookings_joins_id"), "bookings", ["joins_id"])
    op.create_check_constraint(op.f("ck_unit_items_place_fits_a_symbol"), "unit_items", "0 <= place AND place < 255")


def downgrade() -> None:
    # The older tables give the money of a booking back whole, once.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM bookings WHERE returned_minor > 0")):
        raise RuntimeError("what went back of single tickets would be lost; restore a backup instead")
    op.drop_index(op.f("ix_bookings_joins_id"), "bookings")
    op.drop_constraint(op.f("fk_bookings_joins_id"), "bookings")
    op.drop_column("bookings", "joins_id")
    op.drop_constraint(op.f("ck_bookings_returned_within"), "bookings")
    op.drop_column("bookings", "returned_minor")
    op.drop_constraint(op.f("ck_unit_items_place_fits_a_symbol"), "unit_items")
    op.drop_constraint(op.f("uq_unit_items_booking_id_place"), "unit_items")
    op.drop_column("unit_items", "place")
    op.drop_column("bookings", "tickets_made")
