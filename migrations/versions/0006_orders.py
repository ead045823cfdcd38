"""Make orders and packing

Revision: 0006
Follows: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('orders',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('cart_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('awaiting_payment', 'awaiting_confirmation', 'packing', 'shipping', 'delivered', 'completed', 'cancelled', 'returned', name='orderstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('buyer_name', sa.Text(), nullable=False),
    sa.Column('buyer_phone', sa.Text(), nullable=False),
    sa.Column('address_id', sa.Uuid(), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('language', sa.Text(), server_default='vi', nullable=False),
    sa.Column('goods_minor', sa.BigInteger(), nullable=False),
    sa.Column('delivery_minor', sa.BigInteger(), nullable=False),
    sa.Column('total_minor', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('paid_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('cancelled_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('cancel_reason', sa.Enum('expired', 'buyer', name='cancelreason', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('total_minor = goods_minor + delivery_minor', name=op.f('ck_orders_total_is_sum')),
    sa.ForeignKeyConstraint(['address_id'], ['addresses.id'], name=op.f('fk_orders_address_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_orders_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('cart_id', name=op.f('uq_orders_cart_id')),
    sa.UniqueConstraint('code', name=op.f('uq_orders_code')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_orders_token_hash'))
    )
    op.create_index(op.f('ix_orders_buyer_phone'), 'orders', ['buyer_phone'], unique=False)
    op.create_index(op.f('ix_orders_person_id'), 'orders', ['person_id'], unique=False)
    op.create_table('consignments',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('awaiting_payment', 'awaiting_confirmation', 'packing', 'shipping', 'delivered', 'completed', 'cancelled', 'returned', name='orderstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('goods_minor', sa.BigInteger(), nullable=False),
    sa.Column('delivery_minor', sa.BigInteger(), nullable=False),
    sa.Column('carrier', sa.Text(), nullable=True),
    sa.Column('tracking_number', sa.Text(), nullable=True),
    sa.Column('confirmed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('packed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('shipped_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('delivered_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('returned_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('refunded_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('refunded_by_id', sa.Uuid(), nullable=True),
    sa.Column('refund_reference', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_consignments_order_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_consignments_producer_id')),
    sa.ForeignKeyConstraint(['refunded_by_id'], ['people.id'], name=op.f('fk_consignments_refunded_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consignments')),
    sa.UniqueConstraint('order_id', 'producer_id', name=op.f('uq_consignments_order_id_producer_id'))
    )
    op.create_index(op.f('ix_consignments_producer_id_state_created_at'), 'consignments', ['producer_id', 'state', 'created_at'], unique=False)
    op.create_table('order_steps',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('consignment_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('awaiting_payment', 'awaiting_confirmation', 'packing', 'shipping', 'delivered', 'completed', 'cancelled', 'returned', name='orderstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignments.id'], name=op.f('fk_order_steps_consignment_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_steps_order_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_order_steps_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_steps'))
    )
    op.create_index(op.f('ix_order_steps_order_id'), 'order_steps', ['order_id'], unique=False)
    op.create_table('order_lines',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('consignment_id', sa.Uuid(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('variant_name', sa.Text(), nullable=False),
    sa.Column('sold_by', sa.Enum('piece', 'gram', name='soldby', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_order_lines_quantity_positive')),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignments.id'], name=op.f('fk_order_lines_consignment_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_lines_order_id')),
    sa.ForeignKeyConstraint(['variant_id'], ['variants.id'], name=op.f('fk_order_lines_variant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_lines'))
    )
    op.create_index(op.f('ix_order_lines_consignment_id'), 'order_lines', ['consignment_id'], unique=False)
    op.create_index(op.f('ix_order_lines_order_id'), 'order_lines', ['order_id'], unique=False)
    op.create_table('packed_items',
    sa.Column('consignment_id', sa.Uuid(), nullable=False),
    sa.Column('order_line_id', sa.Uuid(), nullable=False),
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('packed_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_packed_items_quantity_positive')),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignments.id'], name=op.f('fk_packed_items_consignment_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_packed_items_lot_id')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_lines.id'], name=op.f('fk_packed_items_order_line_id')),
    sa.ForeignKeyConstraint(['packed_by_id'], ['people.id'], name=op.f('fk_packed_items_packed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_packed_items'))
    )
    op.create_index(op.f('ix_packed_items_consignment_id'), 'packed_items', ['consignment_id'], unique=False)
    op.create_index(op.f('ix_packed_items_lot_id'), 'packed_items', ['lot_id'], unique=False)
    op.create_index(op.f('ix_packed_items_order_line_id'), 'packed_items', ['order_line_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_packed_items_order_line_id'), table_name='packed_items')
    op.drop_index(op.f('ix_packed_items_lot_id'), table_name='packed_items')
    op.drop_index(op.f('ix_packed_items_consignment_id'), table_name='packed_items')
    op.drop_table('packed_items')
    op.drop_index(op.f('ix_order_lines_order_id'), table_name='order_lines')
    op.drop_index(op.f('ix_order_lines_consignment_id'), table_name='order_lines')
    op.drop_table('order_lines')
    op.drop_index(op.f('ix_order_steps_order_id'), table_name='order_steps')
    op.drop_table('order_steps')
    op.drop_index(op.f('ix_consignments_producer_id_state_created_at'), table_name='consignments')
    op.drop_table('consignments')
    op.drop_index(op.f('ix_orders_person_id'), table_name='orders')
    op.drop_index(op.f('ix_orders_buyer_phone'), table_name='orders')
    op.drop_table('orders')
