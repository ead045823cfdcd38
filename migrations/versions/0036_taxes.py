"""Withhold tax from household sellers: rates, lines of revenue, what was withheld and paid on; electronic invoices

Revision: 0036
Follows: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0036'
down_revision = "0035"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
KIND = sa.Enum('goods', 'services', 'transport', 'other', name='taxkind', native_enum=False, create_constraint=True, length=40)
LINE = sa.Enum('tax_free', 'e_invoice', name='revenueline', native_enum=False, create_constraint=True, length=40)
INSERT_ONLY = ('tax_rates', 'tax_thresholds', 'tax_entries', 'tax_payments', 'tax_payment_parts', 'e_invoices')


def upgrade() -> None:
    op.add_column('producers', sa.Column('tax_code', sa.Text(), nullable=True))
    op.create_table('tax_rates',
    sa.Column('kind', KIND, nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('vat_basis_points', sa.BigInteger(), nullable=False),
    sa.Column('pit_basis_points', sa.BigInteger(), nullable=False),
    sa.Column('law', sa.Text(), nullable=False),
    sa.CheckConstraint('vat_basis_points >= 0 AND pit_basis_points >= 0', name=op.f('ck_tax_rates_not_negative')),
    sa.CheckConstraint('vat_basis_points + pit_basis_points <= 10000', name=op.f('ck_tax_rates_a_part')),
    sa.PrimaryKeyConstraint('kind', 'valid_from', name=op.f('pk_tax_rates'))
    )
    # Decree 117/2025/ND-CP, in force from 2025-07-01: VAT and PIT of resident households, in basis points.
    op.execute(
        "INSERT INTO tax_rates (kind, valid_from, vat_basis_points, pit_basis_points, law) VALUES "
        "('goods', '2025-07-01', 100, 50, '117/2025/NĐ-CP'), ('services', '2025-07-01', 500, 200, '117/2025/NĐ-CP'), "
        "('transport', '2025-07-01', 300, 150, '117/2025/NĐ-CP')"
    )
    op.create_table('tax_thresholds',
    sa.Column('line', LINE, nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_tax_thresholds_positive')),
    sa.PrimaryKeyConstraint('line', 'valid_from', name=op.f('pk_tax_thresholds'))
    )
    # From 2026 on, when the lump-sum tax ended: the yearly revenue below which no tax is due, and from which invoices are a duty.
    op.execute(
        "INSERT INTO tax_thresholds (line, valid_from, amount_minor) VALUES "
        "('tax_free', '2026-01-01', 500000000), ('e_invoice', '2026-01-01', 1000000000)"
    )
    op.create_table('tax_entries',
    sa.Column('sale', sa.Text(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('kind', KIND, nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('base_minor', sa.BigInteger(), nullable=False),
    sa.Column('vat_basis_points', sa.BigInteger(), nullable=False),
    sa.Column('pit_basis_points', sa.BigInteger(), nullable=False),
    sa.Column('vat_minor', sa.BigInteger(), nullable=False),
    sa.Column('pit_minor', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint(
        '(base_minor > 0 AND vat_minor >= 0 AND pit_minor >= 0 AND source = sale)'
        ' OR (base_minor < 0 AND vat_minor <= 0 AND pit_minor <= 0 AND source <> sale)',
        name=op.f('ck_tax_entries_one_way'),
    ),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_tax_entries_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tax_entries')),
    sa.UniqueConstraint('sale', 'producer_id', 'kind', 'source', name=op.f('uq_tax_entries_sale_producer_id_kind_source'))
    )
    op.create_index(op.f('ix_tax_entries_producer_id'), 'tax_entries', ['producer_id'])
    op.create_index(op.f('ix_tax_entries_day'), 'tax_entries', ['day'])
    op.create_table('tax_payments',
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('paid_from', sa.Text(), nullable=False),
    sa.Column('paid_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('extract(day from month) = 1', name=op.f('ck_tax_payments_first_day')),
    sa.ForeignKeyConstraint(['paid_by_id'], ['people.id'], name=op.f('fk_tax_payments_paid_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tax_payments')),
    sa.UniqueConstraint('month', name=op.f('uq_tax_payments_month'))
    )
    op.create_table('tax_payment_parts',
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('vat_minor', sa.BigInteger(), nullable=False),
    sa.Column('pit_minor', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('vat_minor >= 0 AND pit_minor >= 0 AND vat_minor + pit_minor > 0', name=op.f('ck_tax_payment_parts_something')),
    sa.ForeignKeyConstraint(['payment_id'], ['tax_payments.id'], name=op.f('fk_tax_payment_parts_payment_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_tax_payment_parts_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tax_payment_parts')),
    sa.UniqueConstraint('payment_id', 'producer_id', name=op.f('uq_tax_payment_parts_payment_id_producer_id'))
    )
    op.create_index(op.f('ix_tax_payment_parts_producer_id'), 'tax_payment_parts', ['producer_id'])
    op.create_table('e_invoices',
    sa.Column('consignment_id', sa.Uuid(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('lookup_code', sa.Text(), nullable=False),
    sa.Column('lookup_url', sa.Text(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('provider', sa.Text(), server_default='', nullable=False),
    sa.Column('recorded_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint("number <> '' AND symbol <> '' AND lookup_code <> ''", name=op.f('ck_e_invoices_can_be_found')),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignments.id'], name=op.f('fk_e_invoices_consignment_id')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['people.id'], name=op.f('fk_e_invoices_recorded_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_e_invoices'))
    )
    op.create_index(op.f('ix_e_invoices_consignment_id'), 'e_invoices', ['consignment_id'])
    for table in INSERT_ONLY:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    # Without its rows nobody knows whose the tax in the books is, nor what a refund must set off.
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM tax_entries)")):
        raise RuntimeError("tax was withheld: without its rows a refund would set nothing off")
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM e_invoices)")):
        raise RuntimeError("invoices were issued: their buyers could not find them any more")
    for table in reversed(INSERT_ONLY):
        op.drop_table(table)
    op.drop_column('producers', 'tax_code')
