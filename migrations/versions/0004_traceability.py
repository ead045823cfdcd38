"""Make lots, labels and scans

Revision: 0004
Follows: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('scans',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('gtin', sa.Text(), nullable=False),
    sa.Column('lot_code', sa.Text(), nullable=True),
    sa.Column('serial', sa.Text(), nullable=True),
    sa.Column('hour_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('device_class', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scans'))
    )
    op.create_index(op.f('ix_scans_gtin_lot_code_serial'), 'scans', ['gtin', 'lot_code', 'serial'], unique=False)
    op.create_table('source_balances',
    sa.Column('source_id', sa.Uuid(), nullable=False),
    sa.Column('quantity_g', sa.BigInteger(), nullable=False),
    sa.Column('used_g', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('0 <= used_g AND used_g <= quantity_g', name=op.f('ck_source_balances_used_within_source')),
    sa.PrimaryKeyConstraint('source_id', name=op.f('pk_source_balances'))
    )
    op.create_table('yield_bands',
    sa.Column('crop', sa.Enum('tea', 'sturgeon', 'salmon', name='crop', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('min_in_per_1000_out', sa.BigInteger(), nullable=False),
    sa.Column('max_in_per_1000_out', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.CheckConstraint('0 < min_in_per_1000_out AND min_in_per_1000_out <= max_in_per_1000_out', name=op.f('ck_yield_bands_band')),
    sa.PrimaryKeyConstraint('crop', 'valid_from', name=op.f('pk_yield_bands'))
    )
    # Grams in for 1,000 grams out. Fresh leaf to dry tea 4.2-5.5 : 1; fish whole to gutted or filleted 1.0-2.5 : 1.
    op.execute(
        "INSERT INTO yield_bands (crop, min_in_per_1000_out, max_in_per_1000_out, valid_from) VALUES "
        "('tea', 4200, 5500, '2020-01-01'), ('sturgeon', 1000, 2500, '2020-01-01'), ('salmon', 1000, 2500, '2020-01-01')"
    )
    op.create_table('lots',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('gtin', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('quantity_g', sa.BigInteger(), nullable=False),
    sa.Column('labelled_g', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('produced_on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('held', 'released', 'recalled', 'exhausted', name='lotstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('held_until', sa.Date(), nullable=True),
    sa.Column('held_by_entry_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_id', sa.Uuid(), nullable=False),
    sa.Column('released_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('expires_on > produced_on', name=op.f('ck_lots_expires_after_production')),
    sa.CheckConstraint('labelled_g >= 0 AND labelled_g <= quantity_g', name=op.f('ck_lots_labels_within_lot')),
    sa.CheckConstraint('quantity_g > 0', name=op.f('ck_lots_quantity_positive')),
    sa.ForeignKeyConstraint(['created_by_id'], ['people.id'], name=op.f('fk_lots_created_by_id')),
    sa.ForeignKeyConstraint(['held_by_entry_id'], ['diary_entries.id'], name=op.f('fk_lots_held_by_entry_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_lots_producer_id')),
    sa.ForeignKeyConstraint(['variant_id'], ['variants.id'], name=op.f('fk_lots_variant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lots')),
    sa.UniqueConstraint('gtin', 'code', name=op.f('uq_lots_gtin_code'))
    )
    op.create_index(op.f('ix_lots_producer_id'), 'lots', ['producer_id'], unique=False)
    op.create_index(op.f('ix_lots_variant_id'), 'lots', ['variant_id'], unique=False)
    op.create_table('label_sheets',
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.Column('layout', sa.Text(), nullable=False),
    sa.Column('printed_by_id', sa.Uuid(), nullable=False),
    sa.Column('pdf_key', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('count > 0', name=op.f('ck_label_sheets_count_positive')),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_label_sheets_lot_id')),
    sa.ForeignKeyConstraint(['printed_by_id'], ['people.id'], name=op.f('fk_label_sheets_printed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_label_sheets'))
    )
    op.create_index(op.f('ix_label_sheets_lot_id'), 'label_sheets', ['lot_id'], unique=False)
    op.create_table('lot_sources',
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('diary_entry_id', sa.Uuid(), nullable=True),
    sa.Column('intake_slip_id', sa.Uuid(), nullable=True),
    sa.Column('quantity_g', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('num_nonnulls(diary_entry_id, intake_slip_id) = 1', name=op.f('ck_lot_sources_one_source')),
    sa.CheckConstraint('quantity_g > 0', name=op.f('ck_lot_sources_quantity_positive')),
    sa.ForeignKeyConstraint(['diary_entry_id'], ['diary_entries.id'], name=op.f('fk_lot_sources_diary_entry_id')),
    sa.ForeignKeyConstraint(['intake_slip_id'], ['intake_slips.id'], name=op.f('fk_lot_sources_intake_slip_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_lot_sources_lot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot_sources'))
    )
    op.create_index(op.f('ix_lot_sources_diary_entry_id'), 'lot_sources', ['diary_entry_id'], unique=False)
    op.create_index(op.f('ix_lot_sources_intake_slip_id'), 'lot_sources', ['intake_slip_id'], unique=False)
    op.create_index(op.f('ix_lot_sources_lot_id'), 'lot_sources', ['lot_id'], unique=False)
    op.create_table('serials',
    sa.Column('sheet_id', sa.Uuid(), nullable=False),
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('gtin', sa.Text(), nullable=False),
    sa.Column('serial', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('issued', 'sold', 'void', name='serialstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('sold_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_serials_lot_id')),
    sa.ForeignKeyConstraint(['sheet_id'], ['label_sheets.id'], name=op.f('fk_serials_sheet_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_serials')),
    sa.UniqueConstraint('gtin', 'serial', name=op.f('uq_serials_gtin_serial'))
    )
    op.create_index(op.f('ix_serials_lot_id'), 'serials', ['lot_id'], unique=False)
    op.create_index(op.f('ix_serials_sheet_id'), 'serials', ['sheet_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_serials_sheet_id'), table_name='serials')
    op.drop_index(op.f('ix_serials_lot_id'), table_name='serials')
    op.drop_table('serials')
    op.drop_index(op.f('ix_lot_sources_lot_id'), table_name='lot_sources')
    op.drop_index(op.f('ix_lot_sources_intake_slip_id'), table_name='lot_sources')
    op.drop_index(op.f('ix_lot_sources_diary_entry_id'), table_name='lot_sources')
    op.drop_table('lot_sources')
    op.drop_index(op.f('ix_label_sheets_lot_id'), table_name='label_sheets')
    op.drop_table('label_sheets')
    op.drop_index(op.f('ix_lots_variant_id'), table_name='lots')
    op.drop_index(op.f('ix_lots_producer_id'), table_name='lots')
    op.drop_table('lots')
    op.drop_table('yield_bands')
    op.drop_table('source_balances')
    op.drop_index(op.f('ix_scans_gtin_lot_code_serial'), table_name='scans')
    op.drop_table('scans')
