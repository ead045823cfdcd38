"""Make tours, departures and bookings

Revision: 0008
Follows: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('tours',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('meeting_point', sa.Text(), nullable=False),
    sa.Column('commune_code', sa.Text(), nullable=False),
    sa.Column('duration_minutes', sa.BigInteger(), nullable=False),
    sa.Column('availability_type', sa.Enum('start_time', 'opening_hours', name='availabilitytype', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('cancellation_cutoff_hours', sa.BigInteger(), nullable=False),
    sa.Column('is_published', sa.Boolean(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['commune_code'], ['admin_units.code'], name=op.f('fk_tours_commune_code')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_tours_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tours')),
    sa.UniqueConstraint('slug', name=op.f('uq_tours_slug'))
    )
    op.create_index(op.f('ix_tours_producer_id'), 'tours', ['producer_id'], unique=False)
    op.create_table('departures',
    sa.Column('tour_id', sa.Uuid(), nullable=False),
    sa.Column('local_on', sa.Date(), nullable=False),
    sa.Column('starts_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ends_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=False),
    sa.Column('taken', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('state', sa.Enum('provisional', 'open', 'go', 'cancelled', 'closed', name='departurestate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('0 <= taken AND taken <= capacity', name=op.f('ck_departures_seats_within_capacity')),
    sa.ForeignKeyConstraint(['tour_id'], ['tours.id'], name=op.f('fk_departures_tour_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_departures')),
    sa.UniqueConstraint('tour_id', 'starts_at', name=op.f('uq_departures_tour_id_starts_at'))
    )
    op.create_table('tour_options',
    sa.Column('tour_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('max_units', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['tour_id'], ['tours.id'], name=op.f('fk_tour_options_tour_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tour_options'))
    )
    op.create_index(op.f('ix_tour_options_tour_id'), 'tour_options', ['tour_id'], unique=False)
    op.create_table('tour_photos',
    sa.Column('tour_id', sa.Uuid(), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_tour_photos_photo_id')),
    sa.ForeignKeyConstraint(['tour_id'], ['tours.id'], name=op.f('fk_tour_photos_tour_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tour_photos')),
    sa.UniqueConstraint('tour_id', 'photo_id', name=op.f('uq_tour_photos_tour_id_photo_id'))
    )
    op.create_table('bookings',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('tour_id', sa.Uuid(), nullable=False),
    sa.Column('option_id', sa.Uuid(), nullable=False),
    sa.Column('departure_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('on_hold', 'pending', 'confirmed', 'redeemed', 'cancelled', 'expired', 'rejected', name='bookingstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('heads', sa.BigInteger(), nullable=False),
    sa.Column('total_minor', sa.BigInteger(), nullable=False),
    sa.Column('contact_name', sa.Text(), nullable=False),
    sa.Column('contact_phone', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('language', sa.Text(), server_default='vi', nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('confirmed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('cancelled_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('redeemed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('heads > 0', name=op.f('ck_bookings_heads_positive')),
    sa.ForeignKeyConstraint(['departure_id'], ['departures.id'], name=op.f('fk_bookings_departure_id')),
    sa.ForeignKeyConstraint(['option_id'], ['tour_options.id'], name=op.f('fk_bookings_option_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_bookings_person_id')),
    sa.ForeignKeyConstraint(['tour_id'], ['tours.id'], name=op.f('fk_bookings_tour_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bookings')),
    sa.UniqueConstraint('code', name=op.f('uq_bookings_code')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_bookings_token_hash'))
    )
    op.create_index(op.f('ix_bookings_departure_id'), 'bookings', ['departure_id'], unique=False)
    op.create_index('ix_bookings_due', 'bookings', ['expires_at'], unique=False, postgresql_where="state = 'on_hold'")
    op.create_table('tour_units',
    sa.Column('option_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('adult', 'child', 'family', name='unittype', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('pax_count', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('pax_count > 0', name=op.f('ck_tour_units_heads_positive')),
    sa.CheckConstraint('price_minor > 0', name=op.f('ck_tour_units_price_positive')),
    sa.ForeignKeyConstraint(['option_id'], ['tour_options.id'], name=op.f('fk_tour_units_option_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tour_units')),
    sa.UniqueConstraint('option_id', 'kind', name=op.f('uq_tour_units_option_id_kind'))
    )
    op.create_table('unit_items',
    sa.Column('booking_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('unit_name', sa.Text(), nullable=False),
    sa.Column('heads', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('ticket_code', sa.Text(), nullable=True),
    sa.Column('redeemed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('redeemed_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_unit_items_booking_id')),
    sa.ForeignKeyConstraint(['redeemed_by_id'], ['people.id'], name=op.f('fk_unit_items_redeemed_by_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['tour_units.id'], name=op.f('fk_unit_items_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_items')),
    sa.UniqueConstraint('ticket_code', name=op.f('uq_unit_items_ticket_code'))
    )
    op.create_index(op.f('ix_unit_items_booking_id'), 'unit_items', ['booking_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_unit_items_booking_id'), table_name='unit_items')
    op.drop_table('unit_items')
    op.drop_table('tour_units')
    op.drop_index('ix_bookings_due', table_name='bookings', postgresql_where="state = 'on_hold'")
    op.drop_index(op.f('ix_bookings_departure_id'), table_name='bookings')
    op.drop_table('bookings')
    op.drop_table('tour_photos')
    op.drop_index(op.f('ix_tour_options_tour_id'), table_name='tour_options')
    op.drop_table('tour_options')
    op.drop_table('departures')
    op.drop_index(op.f('ix_tours_producer_id'), table_name='tours')
    op.drop_table('tours')
