"""Make catalogue, prices, stock and baskets

Revision: 0005
Follows: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('carts',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('touched_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ordered_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_carts')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_carts_token_hash'))
    )
    op.create_table('catalog_entries',
    sa.Column('ref_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('listing', 'producer', 'tour', name='entrykind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('subtitle', sa.Text(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=True),
    sa.Column('price_unit', sa.Text(), server_default='', nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('is_visible', sa.Boolean(), nullable=False),
    sa.Column('ranked_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('exact_text', sa.Text(), nullable=False),
    sa.Column('folded_text', sa.Text(), nullable=False),
    sa.Column('folded_tsv', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple', folded_text)", persisted=True), nullable=False),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_catalog_entries_photo_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_catalog_entries_producer_id')),
    sa.PrimaryKeyConstraint('ref_id', name=op.f('pk_catalog_entries'))
    )
    op.create_index('ix_catalog_entries_folded_tsv', 'catalog_entries', ['folded_tsv'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_catalog_entries_kind_is_visible_ranked_at'), 'catalog_entries', ['kind', 'is_visible', 'ranked_at'], unique=False)
    op.create_index(op.f('ix_catalog_entries_producer_id'), 'catalog_entries', ['producer_id'], unique=False)
    op.create_table('delivery_rates',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('fee_minor', sa.BigInteger(), nullable=False),
    sa.Column('free_from_minor', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('fee_minor >= 0', name=op.f('ck_delivery_rates_fee_not_negative')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_delivery_rates_producer_id')),
    sa.PrimaryKeyConstraint('producer_id', name=op.f('pk_delivery_rates'))
    )
    op.create_table('cart_lines',
    sa.Column('cart_id', sa.Uuid(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_cart_lines_quantity_positive')),
    sa.ForeignKeyConstraint(['cart_id'], ['carts.id'], name=op.f('fk_cart_lines_cart_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['variant_id'], ['variants.id'], name=op.f('fk_cart_lines_variant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cart_lines')),
    sa.UniqueConstraint('cart_id', 'variant_id', name=op.f('uq_cart_lines_cart_id_variant_id'))
    )
    op.create_table('stock_items',
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('on_hand', sa.BigInteger(), nullable=False),
    sa.Column('reserved', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('allocated', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('is_blocked', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('reserved + allocated <= on_hand', name=op.f('ck_stock_items_held_within_on_hand')),
    sa.CheckConstraint('reserved >= 0 AND allocated >= 0', name=op.f('ck_stock_items_not_negative')),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_stock_items_lot_id')),
    sa.ForeignKeyConstraint(['variant_id'], ['variants.id'], name=op.f('fk_stock_items_variant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_items')),
    sa.UniqueConstraint('lot_id', 'variant_id', name=op.f('uq_stock_items_lot_id_variant_id'))
    )
    op.create_index(op.f('ix_stock_items_variant_id_expires_on'), 'stock_items', ['variant_id', 'expires_on'], unique=False)
    op.create_table('reservations',
    sa.Column('stock_item_id', sa.Uuid(), nullable=False),
    sa.Column('holder_id', sa.Uuid(), nullable=False),
    sa.Column('line_id', sa.Uuid(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Enum('reserved', 'allocated', 'shipped', 'released', name='reservationstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_reservations_quantity_positive')),
    sa.ForeignKeyConstraint(['stock_item_id'], ['stock_items.id'], name=op.f('fk_reservations_stock_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reservations'))
    )
    op.create_index('ix_reservations_due', 'reservations', ['expires_at'], unique=False, postgresql_where="state = 'reserved'")
    op.create_index(op.f('ix_reservations_holder_id'), 'reservations', ['holder_id'], unique=False)
    op.create_index(op.f('ix_reservations_stock_item_id'), 'reservations', ['stock_item_id'], unique=False)
    op.create_table('stock_movements',
    sa.Column('stock_item_id', sa.Uuid(), nullable=False),
    sa.Column('delta', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_stock_movements_person_id')),
    sa.ForeignKeyConstraint(['stock_item_id'], ['stock_items.id'], name=op.f('fk_stock_movements_stock_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_movements'))
    )
    op.create_index(op.f('ix_stock_movements_stock_item_id'), 'stock_movements', ['stock_item_id'], unique=False)
    op.execute(
        "CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON stock_movements "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_index(op.f('ix_stock_movements_stock_item_id'), table_name='stock_movements')
    op.drop_table('stock_movements')
    op.drop_index(op.f('ix_reservations_stock_item_id'), table_name='reservations')
    op.drop_index(op.f('ix_reservations_holder_id'), table_name='reservations')
    op.drop_index('ix_reservations_due', table_name='reservations', postgresql_where="state = 'reserved'")
    op.drop_table('reservations')
    op.drop_index(op.f('ix_stock_items_variant_id_expires_on'), table_name='stock_items')
    op.drop_table('stock_items')
    op.drop_table('cart_lines')
    op.drop_table('delivery_rates')
    op.drop_index(op.f('ix_catalog_entries_producer_id'), table_name='catalog_entries')
    op.drop_index(op.f('ix_catalog_entries_kind_is_visible_ranked_at'), table_name='catalog_entries')
    op.drop_index('ix_catalog_entries_folded_tsv', table_name='catalog_entries', postgresql_using='gin')
    op.drop_table('catalog_entries')
    op.drop_table('carts')
