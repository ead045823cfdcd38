"""Keep vouchers with their counters, and which order used which

Revision: 0031
Follows: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0031'
down_revision = "0030"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table('vouchers',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=True),
    sa.Column('percent', sa.BigInteger(), nullable=True),
    sa.Column('most_minor', sa.BigInteger(), nullable=True),
    sa.Column('minimum_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('valid_from', INSTANT, nullable=False),
    sa.Column('valid_until', INSTANT, nullable=False),
    sa.Column('uses_most', sa.BigInteger(), nullable=False),
    sa.Column('uses_taken', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('uses_per_phone', sa.BigInteger(), nullable=False),
    sa.Column('made_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('uses_taken >= 0 AND uses_taken <= uses_most', name=op.f('ck_vouchers_uses_within_most')),
    sa.CheckConstraint('(amount_minor IS NULL) <> (percent IS NULL)', name=op.f('ck_vouchers_amount_or_percent')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_vouchers_amount_positive')),
    sa.CheckConstraint('percent BETWEEN 1 AND 100', name=op.f('ck_vouchers_percent_in_range')),
    sa.CheckConstraint('most_minor > 0 AND minimum_minor >= 0', name=op.f('ck_vouchers_limits_not_negative')),
    sa.CheckConstraint('valid_from <= valid_until', name=op.f('ck_vouchers_window_in_order')),
    sa.CheckConstraint('uses_per_phone > 0', name=op.f('ck_vouchers_uses_per_phone_positive')),
    sa.ForeignKeyConstraint(['made_by_id'], ['people.id'], name=op.f('fk_vouchers_made_by_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_vouchers_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vouchers')),
    sa.UniqueConstraint('code', name=op.f('uq_vouchers_code'))
    )
    op.create_index(op.f('ix_vouchers_producer_id'), 'vouchers', ['producer_id'])
    op.create_table('voucher_phones',
    sa.Column('voucher_id', sa.Uuid(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('taken', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('taken >= 0', name=op.f('ck_voucher_phones_taken_not_negative')),
    sa.ForeignKeyConstraint(['voucher_id'], ['vouchers.id'], name=op.f('fk_voucher_phones_voucher_id')),
    sa.PrimaryKeyConstraint('voucher_id', 'phone', name=op.f('pk_voucher_phones'))
    )
    op.create_table('voucher_uses',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('order_code', sa.Text(), nullable=False),
    sa.Column('voucher_id', sa.Uuid(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('discount_minor', sa.BigInteger(), nullable=False),
    sa.Column('is_taken', sa.Boolean(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('discount_minor > 0', name=op.f('ck_voucher_uses_discount_positive')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_voucher_uses_order_id')),
    sa.ForeignKeyConstraint(['voucher_id'], ['vouchers.id'], name=op.f('fk_voucher_uses_voucher_id')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_voucher_uses'))
    )
    op.create_index(op.f('ix_voucher_uses_voucher_id'), 'voucher_uses', ['voucher_id'])
    for table in ('orders', 'consignments', 'order_lines'):
        op.add_column(table, sa.Column('discount_minor', sa.BigInteger(), server_default='0', nullable=False))
    for table in ('orders', 'consignments'):
        op.create_check_constraint(op.f(f'ck_{table}_discount_not_negative'), table, "discount_minor >= 0")
    op.create_check_constraint(op.f('ck_order_lines_discount_not_negative'), 'order_lines', "amount_minor >= 0 AND discount_minor >= 0")


def downgrade() -> None:
    # An order's discount is told here alone: without it nobody could say why less was paid.
    if op.get_bind().scalar(sa.text('SELECT count(*) FROM voucher_uses')):
        raise RuntimeError("the discounts of orders would be forgotten; restore a backup instead")
    for table in ('order_lines', 'consignments', 'orders'):
        op.drop_column(table, 'discount_minor')
    op.drop_table('voucher_uses')
    op.drop_table('voucher_phones')
    op.drop_table('vouchers')
