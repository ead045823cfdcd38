"""Let lines say what they are to the tax office, visits be invoiced as parcels are, and the market give buyers vouchers

Revision: 0041
Follows: 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0041'
down_revision = "0040"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
KINDS = "'goods', 'services', 'transport', 'other'"
GIVEN = ('orders', 'consignments', 'order_lines', 'refunds')
SOLD = "sold_kind IN ('parcel', 'booking')"


def upgrade() -> None:
    # What was offered and ordered before was taxed as goods, and stays so.
    for table in ('listings', 'order_lines'):
        op.add_column(table, sa.Column('tax_kind', sa.String(length=40), server_default='goods', nullable=False))
        op.create_check_constraint(op.f(f'ck_{table}_taxkind'), table, f"tax_kind IN ({KINDS})")
    # Invoices are insert-only: a default fills the new column where an UPDATE would be refused.
    op.drop_constraint(op.f('fk_e_invoices_consignment_id'), 'e_invoices', type_='foreignkey')
    op.drop_index(op.f('ix_e_invoices_consignment_id'), 'e_invoices')
    op.alter_column('e_invoices', 'consignment_id', new_column_name='sold_id')
    op.add_column('e_invoices', sa.Column('sold_kind', sa.String(length=40), server_default='parcel', nullable=False))
    op.alter_column('e_invoices', 'sold_kind', server_default=None)
    op.create_check_constraint(op.f('ck_e_invoices_soldkind'), 'e_invoices', SOLD)
    op.create_index(op.f('ix_e_invoices_sold_kind_sold_id'), 'e_invoices', ['sold_kind', 'sold_id'])
    op.create_table('invoice_buyers',
    sa.Column('sold_kind', sa.String(length=40), nullable=False),
    sa.Column('sold_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('tax_code', sa.Text(), server_default='', nullable=False),
    sa.Column('address', sa.Text(), server_default='', nullable=False),
    sa.Column('email', sa.Text(), server_default='', nullable=False),
    sa.Column('asked_at', INSTANT, nullable=False),
    sa.CheckConstraint("name <> ''", name=op.f('ck_invoice_buyers_has_name')),
    sa.CheckConstraint(SOLD, name=op.f('ck_invoice_buyers_soldkind')),
    sa.PrimaryKeyConstraint('sold_kind', 'sold_id', name=op.f('pk_invoice_buyers'))
    )
    op.alter_column('vouchers', 'producer_id', nullable=True)
    op.add_column('vouchers', sa.Column('budget_minor', sa.BigInteger(), nullable=True))
    op.add_column('vouchers', sa.Column('budget_taken_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.create_check_constraint(op.f('ck_vouchers_market_has_budget'), 'vouchers', "(producer_id IS NULL) = (budget_minor IS NOT NULL)")
    op.create_check_constraint(op.f('ck_vouchers_within_budget'), 'vouchers', "budget_taken_minor BETWEEN 0 AND coalesce(budget_minor, 0)")
    op.create_table('voucher_producers',
    sa.Column('voucher_id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_voucher_producers_producer_id')),
    sa.ForeignKeyConstraint(['voucher_id'], ['vouchers.id'], name=op.f('fk_voucher_producers_voucher_id')),
    sa.PrimaryKeyConstraint('voucher_id', 'producer_id', name=op.f('pk_voucher_producers'))
    )
    for table in GIVEN:
        op.add_column(table, sa.Column('gift_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('order_lines', sa.Column('final_gift_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.create_check_constraint(op.f('ck_orders_one_voucher'), 'orders', "gift_minor >= 0 AND (gift_minor = 0 OR discount_minor = 0)")
    op.create_check_constraint(op.f('ck_consignments_gift_not_negative'), 'consignments', "gift_minor >= 0")
    op.create_check_constraint(op.f('ck_order_lines_final_gift_within'), 'order_lines', "final_gift_minor BETWEEN 0 AND gift_minor")
    op.create_check_constraint(op.f('ck_refunds_gift_not_negative'), 'refunds', "gift_minor >= 0")


def downgrade() -> None:
    # A refund of what was taxed otherwise would set goods off, which were never withheld.
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM order_lines WHERE tax_kind <> 'goods')")):
        raise RuntimeError("services were sold: as goods their refunds would set no tax off; restore a backup instead")
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM e_invoices WHERE sold_kind <> 'parcel')")):
        raise RuntimeError("visits were invoiced: their visitors could not find the invoices any more")
    # A refund would give buyers, and take from producers, what the market had paid.
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM orders WHERE gift_minor > 0)")):
        raise RuntimeError("the market's part of orders would be forgotten; restore a backup instead")
    op.drop_column('order_lines', 'final_gift_minor')
    for table in reversed(GIVEN):
        op.drop_column(table, 'gift_minor')
    op.drop_table('voucher_producers')
    op.execute("DELETE FROM vouchers WHERE producer_id IS NULL")
    op.drop_column('vouchers', 'budget_taken_minor')
    op.drop_column('vouchers', 'budget_minor')
    op.alter_column('vouchers', 'producer_id', nullable=False)
    op.drop_table('invoice_buyers')
    op.drop_index(op.f('ix_e_invoices_sold_kind_sold_id'), 'e_invoices')
    op.drop_column('e_invoices', 'sold_kind')
    op.alter_column('e_invoices', 'sold_id', new_column_name='consignment_id')
    op.create_index(op.f('ix_e_invoices_consignment_id'), 'e_invoices', ['consignment_id'])
    op.create_foreign_key(op.f('fk_e_invoices_consignment_id'), 'e_invoices', 'consignments', ['consignment_id'], ['id'])
    for table in ('order_lines', 'listings'):
        op.drop_column(table, 'tax_kind')
