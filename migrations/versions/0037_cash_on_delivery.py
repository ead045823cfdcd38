"""Let parcels be paid on delivery, and refunds be kept as credit: what producers allow, what came, what orders used

Revision: 0037
Follows: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0037'
down_revision = "0036"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
REASONS = "'expired', 'buyer', 'recalled'"
RESOLUTIONS = "'rest_arrived', 'accepted', 'returned'"


def upgrade() -> None:
    op.create_table('cash_terms',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('most_minor', sa.BigInteger(), nullable=False),
    sa.Column('set_by_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('most_minor > 0', name=op.f('ck_cash_terms_most_positive')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_cash_terms_producer_id')),
    sa.ForeignKeyConstraint(['set_by_id'], ['people.id'], name=op.f('fk_cash_terms_set_by_id')),
    sa.PrimaryKeyConstraint('producer_id', name=op.f('pk_cash_terms'))
    )
    op.create_table('remittances',
    sa.Column('receipt_id', sa.Uuid(), nullable=True),
    sa.Column('producer_id', sa.Uuid(), nullable=True),
    sa.Column('booked_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('(receipt_id IS NULL) <> (producer_id IS NULL)', name=op.f('ck_remittances_courier_or_producer')),
    sa.ForeignKeyConstraint(['booked_by_id'], ['people.id'], name=op.f('fk_remittances_booked_by_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_remittances_producer_id')),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipts.id'], name=op.f('fk_remittances_receipt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remittances')),
    sa.UniqueConstraint('receipt_id', name=op.f('uq_remittances_receipt_id'))
    )
    op.create_index(op.f('ix_remittances_producer_id'), 'remittances', ['producer_id'])
    op.create_table('remittance_lines',
    sa.Column('remittance_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('came_minor', sa.BigInteger(), nullable=False),
    sa.Column('kept_minor', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('came_minor >= 0 AND kept_minor >= 0', name=op.f('ck_remittance_lines_not_negative')),
    sa.CheckConstraint('came_minor + kept_minor > 0', name=op.f('ck_remittance_lines_says_something')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_remittance_lines_order_id')),
    sa.ForeignKeyConstraint(['remittance_id'], ['remittances.id'], name=op.f('fk_remittance_lines_remittance_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remittance_lines')),
    sa.UniqueConstraint('remittance_id', 'order_id', name=op.f('uq_remittance_lines_remittance_id_order_id'))
    )
    op.create_index(op.f('ix_remittance_lines_order_id'), 'remittance_lines', ['order_id'])
    op.add_column('orders', sa.Column('is_cash', sa.Boolean(), server_default='false', nullable=False))
    op.add_column('orders', sa.Column('credit_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.create_check_constraint(op.f('ck_orders_credit_within_total'), 'orders', "credit_minor BETWEEN 0 AND total_minor")
    op.create_table('credit_uses',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('order_code', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('is_taken', sa.Boolean(), nullable=False),
    sa.Column('takes', sa.BigInteger(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('amount_minor > 0 AND takes > 0', name=op.f('ck_credit_uses_positive')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_credit_uses_order_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_credit_uses_person_id')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_credit_uses'))
    )
    op.create_index(op.f('ix_credit_uses_person_id'), 'credit_uses', ['person_id'])
    op.add_column('refunds', sa.Column('credited_to_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_refunds_credited_to_id'), 'refunds', 'people', ['credited_to_id'], ['id'])
    op.create_check_constraint(op.f('ck_refunds_credited_at_once'), 'refunds', "credited_to_id IS NULL OR paid_at IS NOT NULL")
    _check('orders', 'cancelreason', f"cancel_reason IN ({REASONS}, 'declined')")
    _check('receipts', 'resolution', f"resolution IN ({RESOLUTIONS}, 'divided')")


def downgrade() -> None:
    # The older tables know no order that is sent unpaid, and no transfer that was taken apart.
    lost = "SELECT (SELECT count(*) FROM orders WHERE is_cash) + (SELECT count(*) FROM receipts WHERE resolution = 'divided')"
    if op.get_bind().scalar(sa.text(lost)):
        raise RuntimeError("orders on delivery would be asked for their money again; restore a backup instead")
    # Credit is owed to people whom only these rows name as its owners.
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM refunds WHERE credited_to_id IS NOT NULL")):
        raise RuntimeError("store credit of buyers would be forgotten; restore a backup instead")
    op.drop_column('refunds', 'credited_to_id')
    op.drop_table('credit_uses')
    op.drop_column('orders', 'credit_minor')
    _check('receipts', 'resolution', f"resolution IN ({RESOLUTIONS})")
    _check('orders', 'cancelreason', f"cancel_reason IN ({REASONS})")
    op.drop_column('orders', 'is_cash')
    op.drop_table('remittance_lines')
    op.drop_table('remittances')
    op.drop_table('cash_terms')


def _check(table: str, name: str, rule: str) -> None:
    op.drop_constraint(op.f(f'ck_{table}_{name}'), table, type_='check')
    op.create_check_constraint(op.f(f'ck_{table}_{name}'), table, rule)
