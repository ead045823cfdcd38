"""Settle what member households weighed in: their books, advances, settlements slip by slip

Revision: 0032
Follows: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0032'
down_revision = "0031"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
INSERT_ONLY = ('settlement_lines', 'advance_set_offs')


def upgrade() -> None:
    op.create_table('household_books',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('bank_bin', sa.Text(), nullable=True),
    sa.Column('bank_account', sa.Text(), nullable=True),
    sa.Column('account_name', sa.Text(), nullable=True),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('num_nulls(bank_bin, bank_account, account_name) IN (0, 3)', name=op.f('ck_household_books_account_whole')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_household_books_person_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_household_books_producer_id')),
    sa.PrimaryKeyConstraint('producer_id', 'person_id', name=op.f('pk_household_books'))
    )
    op.create_table('advances',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('cash', 'input', name='advancekind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('set_off_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('given_on', sa.Date(), nullable=False),
    sa.Column('what_for', sa.Text(), nullable=False),
    sa.Column('given_by_id', sa.Uuid(), nullable=False),
    sa.Column('voided_at', INSTANT, nullable=True),
    sa.Column('voided_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_advances_amount_positive')),
    sa.CheckConstraint('set_off_minor BETWEEN 0 AND amount_minor', name=op.f('ck_advances_set_off_within')),
    sa.CheckConstraint('voided_at IS NULL OR set_off_minor = 0', name=op.f('ck_advances_voided_whole')),
    sa.ForeignKeyConstraint(['given_by_id'], ['people.id'], name=op.f('fk_advances_given_by_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_advances_person_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_advances_producer_id')),
    sa.ForeignKeyConstraint(['voided_by_id'], ['people.id'], name=op.f('fk_advances_voided_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_advances'))
    )
    op.create_index(op.f('ix_advances_producer_id_person_id'), 'advances', ['producer_id', 'person_id'])
    op.create_table('settlements',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('goods_minor', sa.BigInteger(), nullable=False),
    sa.Column('set_off_minor', sa.BigInteger(), nullable=False),
    sa.Column('settled_by_id', sa.Uuid(), nullable=False),
    sa.Column('paid_at', INSTANT, nullable=True),
    sa.Column('paid_by_id', sa.Uuid(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('paid_to', sa.Text(), nullable=True),
    sa.Column('attempt', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('return_reason', sa.Text(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('since <= until', name=op.f('ck_settlements_in_order')),
    sa.CheckConstraint('goods_minor > 0', name=op.f('ck_settlements_goods_positive')),
    sa.CheckConstraint('set_off_minor BETWEEN 0 AND goods_minor', name=op.f('ck_settlements_set_off_within')),
    sa.CheckConstraint('num_nulls(paid_at, paid_by_id, reference) IN (0, 3)', name=op.f('ck_settlements_paid_whole')),
    sa.CheckConstraint('paid_at IS NULL OR set_off_minor < goods_minor', name=op.f('ck_settlements_paid_if_due')),
    sa.CheckConstraint('attempt > 0', name=op.f('ck_settlements_attempt_positive')),
    sa.ForeignKeyConstraint(['paid_by_id'], ['people.id'], name=op.f('fk_settlements_paid_by_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_settlements_person_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_settlements_producer_id')),
    sa.ForeignKeyConstraint(['settled_by_id'], ['people.id'], name=op.f('fk_settlements_settled_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlements')),
    sa.UniqueConstraint('code', name=op.f('uq_settlements_code'))
    )
    op.create_index(op.f('ix_settlements_producer_id_person_id'), 'settlements', ['producer_id', 'person_id'])
    op.create_table('settlement_lines',
    sa.Column('settlement_id', sa.Uuid(), nullable=False),
    sa.Column('slip_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('before_minor', sa.BigInteger(), nullable=False),
    sa.Column('takes_back', sa.Boolean(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_settlement_lines_person_id')),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlements.id'], name=op.f('fk_settlement_lines_settlement_id')),
    sa.ForeignKeyConstraint(['slip_id'], ['intake_slips.id'], name=op.f('fk_settlement_lines_slip_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement_lines')),
    sa.UniqueConstraint('slip_id', 'person_id', name=op.f('uq_settlement_lines_slip_id_person_id'))
    )
    op.create_index('ix_settlement_lines_once', 'settlement_lines', ['slip_id'], unique=True, postgresql_where=sa.text('NOT takes_back'))
    op.create_index(op.f('ix_settlement_lines_person_id'), 'settlement_lines', ['person_id'])
    op.create_index(op.f('ix_settlement_lines_settlement_id'), 'settlement_lines', ['settlement_id'])
    op.create_table('advance_set_offs',
    sa.Column('settlement_id', sa.Uuid(), nullable=False),
    sa.Column('advance_id', sa.Uuid(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_advance_set_offs_amount_positive')),
    sa.ForeignKeyConstraint(['advance_id'], ['advances.id'], name=op.f('fk_advance_set_offs_advance_id')),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlements.id'], name=op.f('fk_advance_set_offs_settlement_id')),
    sa.PrimaryKeyConstraint('settlement_id', 'advance_id', name=op.f('pk_advance_set_offs'))
    )
    op.create_index(op.f('ix_advance_set_offs_advance_id'), 'advance_set_offs', ['advance_id'])
    op.create_table('day_prices',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('grade', sa.Enum('bud', 'one_leaf', 'two_leaves', 'fish', name='grade', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('price_per_kg_minor', sa.BigInteger(), nullable=False),
    sa.Column('set_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('price_per_kg_minor > 0', name=op.f('ck_day_prices_price_positive')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_day_prices_producer_id')),
    sa.ForeignKeyConstraint(['set_by_id'], ['people.id'], name=op.f('fk_day_prices_set_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_day_prices')),
    sa.UniqueConstraint('producer_id', 'grade', 'valid_from', name=op.f('uq_day_prices_producer_id_grade_valid_from'))
    )
    for table in INSERT_ONLY:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    # The books keep the journals; without these rows the same slips would be paid once more.
    if op.get_bind().scalar(sa.text("SELECT (SELECT count(*) FROM settlements) + (SELECT count(*) FROM advances)")):
        raise RuntimeError("slips that are settled would be paid again, and advances forgotten; restore a backup instead")
    for table in ('day_prices', 'advance_set_offs', 'settlement_lines', 'settlements', 'advances', 'household_books'):
        op.drop_table(table)
