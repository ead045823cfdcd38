"""Delivery methods: how a producer's goods travel, by weight and zone, and what an order copied of it

Revision: 0034
Follows: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0034'
down_revision = "0033"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
KIND = sa.Enum('sent', 'farm', 'stall', name='methodkind', native_enum=False, create_constraint=True, length=40)
ZONE = sa.Enum('commune', 'province', 'region', 'rest', name='zone', native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table('delivery_methods',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', KIND, nullable=False),
    sa.Column('place', sa.Text(), server_default='', nullable=False),
    sa.Column('carries', postgresql.JSONB(), nullable=False),
    sa.Column('weekdays', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('cutoff_days', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('cutoff_hour', sa.BigInteger(), server_default='17', nullable=False),
    sa.Column('free_from_minor', sa.BigInteger(), nullable=True),
    sa.Column('is_active', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('weekdays BETWEEN 0 AND 127', name=op.f('ck_delivery_methods_weekdays_of_one_week')),
    sa.CheckConstraint('cutoff_days BETWEEN 0 AND 14 AND cutoff_hour BETWEEN 0 AND 23', name=op.f('ck_delivery_methods_cutoff_in_range')),
    sa.CheckConstraint('free_from_minor > 0', name=op.f('ck_delivery_methods_free_from_positive')),
    sa.CheckConstraint("(kind = 'sent') = (place = '')", name=op.f('ck_delivery_methods_fetched_somewhere')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_delivery_methods_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_methods'))
    )
    op.create_index(op.f('ix_delivery_methods_producer_id'), 'delivery_methods', ['producer_id'])
    op.create_table('delivery_prices',
    sa.Column('method_id', sa.Uuid(), nullable=False),
    sa.Column('zone', ZONE, nullable=False),
    sa.Column('up_to_g', sa.BigInteger(), nullable=True),
    sa.Column('fee_minor', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('up_to_g > 0 AND fee_minor >= 0', name=op.f('ck_delivery_prices_not_negative')),
    sa.ForeignKeyConstraint(['method_id'], ['delivery_methods.id'], name=op.f('fk_delivery_prices_method_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_prices')),
    sa.UniqueConstraint('method_id', 'zone', 'up_to_g', name=op.f('uq_delivery_prices_method_id_zone_up_to_g'), postgresql_nulls_not_distinct=True)
    )
    op.create_table('delivery_regions',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('province_code', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_delivery_regions_producer_id')),
    sa.ForeignKeyConstraint(['province_code'], ['admin_units.code'], name=op.f('fk_delivery_regions_province_code')),
    sa.PrimaryKeyConstraint('producer_id', 'province_code', name=op.f('pk_delivery_regions'))
    )
    op.add_column('delivery_rates', sa.Column('minimum_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.create_check_constraint(op.f('ck_delivery_rates_minimum_not_negative'), 'delivery_rates', "minimum_minor >= 0")
    op.add_column('listings', sa.Column('temperature', sa.String(length=40), server_default='ambient', nullable=False))
    op.create_check_constraint(op.f('ck_listings_temperature'), 'listings', "temperature IN ('ambient', 'chilled', 'live')")
    op.execute("UPDATE listings SET temperature = 'chilled' WHERE crop IN ('sturgeon', 'salmon')")
    op.add_column('orders', sa.Column('gift_note', sa.Text(), server_default='', nullable=False))
    op.add_column('consignments', sa.Column('method_name', sa.Text(), server_default='', nullable=False))
    op.add_column('consignments', sa.Column('is_fetched', sa.Boolean(), server_default='false', nullable=False))
    op.add_column('consignments', sa.Column('fetched_at_place', sa.Text(), server_default='', nullable=False))
    op.add_column('consignments', sa.Column('deliver_on', sa.Date(), nullable=True))


def downgrade() -> None:
    # How a parcel travels, when, and what the gift says is told to the packers here alone.
    told = """SELECT (SELECT count(*) FROM consignments WHERE method_name <> '' OR deliver_on IS NOT NULL)
        + (SELECT count(*) FROM orders WHERE gift_note <> '')"""
    if op.get_bind().scalar(sa.text(told)):
        raise RuntimeError("how parcels travel would be forgotten; restore a backup instead")
    for column in ('deliver_on', 'fetched_at_place', 'is_fetched', 'method_name'):
        op.drop_column('consignments', column)
    op.drop_column('orders', 'gift_note')
    op.drop_column('listings', 'temperature')
    op.drop_column('delivery_rates', 'minimum_minor')
    op.drop_table('delivery_regions')
    op.drop_table('delivery_prices')
    op.drop_table('delivery_methods')
