"""Calendars of visits: secret addresses, and how often a date or a party changed; what a party sees on a date

Revision: 0049
Follows: 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
FACTS = "'entry', 'slip', 'lot', 'labels', 'label_void', 'shipped', 'delivered', 'recalled'"
STAMPED = ("tours", "departures", "bookings")
# A value that a client read earlier and writes back never lowers a sequence: it is counted from the row's own.
STAMPS = (
    """
    CREATE FUNCTION stamp_tours() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.changed_at := greatest(OLD.changed_at, now());
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION stamp_departures() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.changed_at := greatest(OLD.changed_at, now());
        NEW.previous_starts_at := OLD.previous_starts_at;
        IF NEW.starts_at <> OLD.starts_at THEN
            NEW.previous_starts_at := OLD.starts_at;
        END IF;
        NEW.sequence := OLD.sequence;
        IF (NEW.starts_at, NEW.ends_at, NEW.state, NEW.capacity)
            IS DISTINCT FROM (OLD.starts_at, OLD.ends_at, OLD.state, OLD.capacity)
        THEN
            NEW.sequence := OLD.sequence + 1;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION stamp_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE lost bigint := 0;
    BEGIN
        NEW.changed_at := greatest(OLD.changed_at, now());
        NEW.sequence := OLD.sequence;
        IF NEW.departure_id <> OLD.departure_id THEN
            SELECT greatest(before.sequence - after.sequence, 0) INTO lost
            FROM departures AS before, departures AS after
            WHERE before.id = OLD.departure_id AND after.id = NEW.departure_id;
        END IF;
        IF (NEW.departure_id, NEW.state, NEW.heads) IS DISTINCT FROM (OLD.departure_id, OLD.state, OLD.heads) THEN
            NEW.sequence := OLD.sequence + lost + 1;
        END IF;
        RETURN NEW;
    END $$
    """,
)


def upgrade() -> None:
    for table in STAMPED:
        op.add_column(table, sa.Column('changed_at', INSTANT, server_default=sa.text('now()'), nullable=False))
    for table in STAMPED[1:]:
        op.add_column(table, sa.Column('sequence', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('departures', sa.Column('previous_starts_at', INSTANT, nullable=True))
    for table, function in zip(STAMPED, STAMPS, strict=True):
        op.execute(function)
        op.execute(
            f"CREATE TRIGGER stamp BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION stamp_{table}()"
        )
    op.create_table('calendar_feeds',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('booking_id', sa.Uuid(), nullable=True),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('ended_at', INSTANT, nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('num_nonnulls(producer_id, person_id) = CASE WHEN booking_id IS NULL THEN 2 ELSE 0 END', name=op.f('ck_calendar_feeds_one_reader')),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_calendar_feeds_booking_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_calendar_feeds_person_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_calendar_feeds_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_feeds')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_calendar_feeds_token_hash'))
    )
    op.create_index('uq_calendar_feeds_member', 'calendar_feeds', ['person_id', 'producer_id'], unique=True, postgresql_where='ended_at IS NULL AND booking_id IS NULL')
    op.create_index('uq_calendar_feeds_party', 'calendar_feeds', ['booking_id'], unique=True, postgresql_where='ended_at IS NULL AND booking_id IS NOT NULL')
    op.create_table('departure_sights',
    sa.Column('departure_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=True),
    sa.Column('lot_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('num_nonnulls(site_id, lot_id) = 1', name=op.f('ck_departure_sights_one_thing')),
    sa.ForeignKeyConstraint(['departure_id'], ['departures.id'], name=op.f('fk_departure_sights_departure_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_departure_sights_lot_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_departure_sights_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_departure_sights')),
    sa.UniqueConstraint('departure_id', 'lot_id', name=op.f('uq_departure_sights_departure_id_lot_id')),
    sa.UniqueConstraint('departure_id', 'site_id', name=op.f('uq_departure_sights_departure_id_site_id'))
    )
    op.drop_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', type_='check')
    op.create_check_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', f"fact IN ({FACTS}, 'visited')")


def downgrade() -> None:
    # Counted anew, a date would be older than what phones know of it; and nobody else knows what a date shows.
    for table, lost in (("calendar_feeds WHERE ended_at IS NULL", "calendars that phones follow"), ("departure_sights", "what dates show")):
        if op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {table}")):
            raise RuntimeError(f"{lost} would be lost; restore a backup instead")
    # Who came through the gate stands with the ticket; only what was still to be told of it is left untold.
    op.execute("DELETE FROM chronicle_queue WHERE fact = 'visited'")
    op.drop_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', type_='check')
    op.create_check_constraint(op.f('ck_chronicle_queue_fact'), 'chronicle_queue', f"fact IN ({FACTS})")
    op.drop_table('departure_sights')
    op.drop_table('calendar_feeds')
    for table in STAMPED:
        op.execute(f"DROP TRIGGER stamp ON {table}")
        op.execute(f"DROP FUNCTION stamp_{table}()")
        op.drop_column(table, 'changed_at')
    for table in STAMPED[1:]:
        op.drop_column(table, 'sequence')
    op.drop_column('departures', 'previous_starts_at')
