"""Stays: houses that let beds, their sleeping places, one row per night and its beds, and who booked which

Revision: 0052
Follows: 0049
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
# What may be paid for, refunded, invoiced and shown, before and with stays: {(table, column, name): values}.
KINDS = {
    ("payments", "payable_kind", "payablekind"): ("order", "booking", "balance"),
    ("refunds", "payable_kind", "payablekind"): ("order", "booking", "balance"),
    ("e_invoices", "sold_kind", "soldkind"): ("parcel", "booking"),
    ("invoice_buyers", "sold_kind", "soldkind"): ("parcel", "booking"),
    ("catalog_entries", "kind", "entrykind"): ("listing", "producer", "tour"),
}


def _allow(*more: str) -> None:
    for (table, column, name), kinds in KINDS.items():
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        listed = ", ".join(f"'{kind}'" for kind in (*kinds, *more))
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} IN ({listed})")


def upgrade() -> None:
    _allow("stay")
    op.create_table('stays',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('meeting_point', sa.Text(), nullable=False),
    sa.Column('commune_code', sa.Text(), nullable=False),
    sa.Column('check_in', sa.Time(), nullable=False),
    sa.Column('check_out', sa.Time(), nullable=False),
    sa.Column('cancellation_hours', sa.BigInteger(), nullable=False),
    sa.Column('is_published', sa.Boolean(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['commune_code'], ['admin_units.code'], name=op.f('fk_stays_commune_code')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_stays_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stays')),
    sa.UniqueConstraint('slug', name=op.f('uq_stays_slug'))
    )
    op.create_index(op.f('ix_stays_producer_id'), 'stays', ['producer_id'])
    op.create_table('stay_photos',
    sa.Column('stay_id', sa.Uuid(), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_stay_photos_photo_id')),
    sa.ForeignKeyConstraint(['stay_id'], ['stays.id'], name=op.f('fk_stay_photos_stay_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stay_photos')),
    sa.UniqueConstraint('stay_id', 'photo_id', name=op.f('uq_stay_photos_stay_id_photo_id'))
    )
    op.create_table('sleeping_places',
    sa.Column('stay_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('shared', 'room', name='placekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('heads_each', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('weekend_minor', sa.BigInteger(), nullable=True),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('heads_each > 0', name=op.f('ck_sleeping_places_heads_positive')),
    sa.CheckConstraint('number > 0', name=op.f('ck_sleeping_places_number_positive')),
    sa.CheckConstraint('price_minor > 0', name=op.f('ck_sleeping_places_price_positive')),
    sa.CheckConstraint('weekend_minor > 0', name=op.f('ck_sleeping_places_weekend_positive')),
    sa.ForeignKeyConstraint(['stay_id'], ['stays.id'], name=op.f('fk_sleeping_places_stay_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sleeping_places'))
    )
    op.create_index(op.f('ix_sleeping_places_stay_id'), 'sleeping_places', ['stay_id'])
    op.create_table('stay_nights',
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('night_on', sa.Date(), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=False),
    sa.Column('taken', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('is_closed', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('0 <= taken AND taken <= capacity', name=op.f('ck_stay_nights_beds_within_capacity')),
    sa.ForeignKeyConstraint(['place_id'], ['sleeping_places.id'], name=op.f('fk_stay_nights_place_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stay_nights')),
    sa.UniqueConstraint('place_id', 'night_on', name=op.f('uq_stay_nights_place_id_night_on'))
    )
    op.create_table('stay_bookings',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('stay_id', sa.Uuid(), nullable=False),
    sa.Column('place_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('on_hold', 'confirmed', 'here', 'left', 'cancelled', 'expired', name='staystate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('arrives_on', sa.Date(), nullable=False),
    sa.Column('leaves_on', sa.Date(), nullable=False),
    sa.Column('starts_at', INSTANT, nullable=False),
    sa.Column('ends_at', INSTANT, nullable=False),
    sa.Column('free_until', INSTANT, nullable=False),
    sa.Column('units', sa.BigInteger(), nullable=False),
    sa.Column('heads', sa.BigInteger(), nullable=False),
    sa.Column('total_minor', sa.BigInteger(), nullable=False),
    sa.Column('contact_name', sa.Text(), nullable=False),
    sa.Column('contact_phone', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('language', sa.Text(), server_default='vi', nullable=False),
    sa.Column('expires_at', INSTANT, nullable=False),
    sa.Column('extensions', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('confirmed_at', INSTANT, nullable=True),
    sa.Column('cancelled_at', INSTANT, nullable=True),
    sa.Column('off_reason', sa.Enum('weather', 'road', 'house', 'other', name='offreason', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('off_note', sa.Text(), server_default='', nullable=False),
    sa.Column('came_at', INSTANT, nullable=True),
    sa.Column('received_by_id', sa.Uuid(), nullable=True),
    sa.Column('left_at', INSTANT, nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint("(state = 'left') = (left_at IS NOT NULL)", name=op.f('ck_stay_bookings_left_dated')),
    sa.CheckConstraint('arrives_on < leaves_on', name=op.f('ck_stay_bookings_at_least_one_night')),
    sa.CheckConstraint('heads > 0', name=op.f('ck_stay_bookings_heads_positive')),
    sa.CheckConstraint('units > 0', name=op.f('ck_stay_bookings_units_positive')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_stay_bookings_person_id')),
    sa.ForeignKeyConstraint(['place_id'], ['sleeping_places.id'], name=op.f('fk_stay_bookings_place_id')),
    sa.ForeignKeyConstraint(['received_by_id'], ['people.id'], name=op.f('fk_stay_bookings_received_by_id')),
    sa.ForeignKeyConstraint(['stay_id'], ['stays.id'], name=op.f('fk_stay_bookings_stay_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stay_bookings')),
    sa.UniqueConstraint('code', name=op.f('uq_stay_bookings_code')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_stay_bookings_token_hash'))
    )
    op.create_index('ix_stay_bookings_due', 'stay_bookings', ['expires_at'], postgresql_where="state = 'on_hold'")
    op.create_index(op.f('ix_stay_bookings_stay_id'), 'stay_bookings', ['stay_id'])
    op.create_table('booked_nights',
    sa.Column('booking_id', sa.Uuid(), nullable=False),
    sa.Column('night_id', sa.Uuid(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('freed_at', INSTANT, nullable=True),
    sa.CheckConstraint('price_minor > 0', name=op.f('ck_booked_nights_price_positive')),
    sa.ForeignKeyConstraint(['booking_id'], ['stay_bookings.id'], name=op.f('fk_booked_nights_booking_id')),
    sa.ForeignKeyConstraint(['night_id'], ['stay_nights.id'], name=op.f('fk_booked_nights_night_id')),
    sa.PrimaryKeyConstraint('booking_id', 'night_id', name=op.f('pk_booked_nights'))
    )
    op.create_index(op.f('ix_booked_nights_night_id'), 'booked_nights', ['night_id'])


def downgrade() -> None:
    # Guests who paid would stand before a door that knows nothing of them, and the books of sales that nobody finds.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM stay_bookings")):
        raise RuntimeError("booked stays would be lost; restore a backup instead")
    op.execute("DELETE FROM catalog_entries WHERE kind = 'stay'")
    for table in ("booked_nights", "stay_bookings", "stay_nights", "sleeping_places", "stay_photos", "stays"):
        op.drop_table(table)
    _allow()
