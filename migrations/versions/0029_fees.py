"""Say what producers pay the market since when, and keep what was taken of which sale

Revision: 0029
Follows: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0029'
down_revision = "0028"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
KIND = sa.Enum('market', 'payment', name='feekind', native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table('fee_rules',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('kind', KIND, nullable=False),
    sa.Column('basis_points', sa.BigInteger(), nullable=False),
    sa.Column('least_minor', sa.BigInteger(), nullable=False),
    sa.Column('most_minor', sa.BigInteger(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('set_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('basis_points BETWEEN 0 AND 10000', name=op.f('ck_fee_rules_a_part')),
    sa.CheckConstraint('least_minor >= 0', name=op.f('ck_fee_rules_least_not_negative')),
    sa.CheckConstraint('most_minor IS NULL OR most_minor >= least_minor', name=op.f('ck_fee_rules_most_not_below_least')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_fee_rules_producer_id')),
    sa.ForeignKeyConstraint(['set_by_id'], ['people.id'], name=op.f('fk_fee_rules_set_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fee_rules')),
    sa.UniqueConstraint('producer_id', 'kind', 'valid_from', name=op.f('uq_fee_rules_producer_id_kind_valid_from'))
    )
    op.create_table('fees_taken',
    sa.Column('sale', sa.Text(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('kind', KIND, nullable=False),
    sa.Column('rule_id', sa.Uuid(), nullable=False),
    sa.Column('base_minor', sa.BigInteger(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('given_base_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('given_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('amount_minor > 0 AND amount_minor <= base_minor', name=op.f('ck_fees_taken_within_the_goods')),
    sa.CheckConstraint('given_base_minor BETWEEN 0 AND base_minor', name=op.f('ck_fees_taken_given_base_within')),
    sa.CheckConstraint('given_minor BETWEEN 0 AND amount_minor', name=op.f('ck_fees_taken_given_within')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_fees_taken_producer_id')),
    sa.ForeignKeyConstraint(['rule_id'], ['fee_rules.id'], name=op.f('fk_fees_taken_rule_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fees_taken')),
    sa.UniqueConstraint('sale', 'producer_id', 'kind', name=op.f('uq_fees_taken_sale_producer_id_kind'))
    )
    op.create_index(op.f('ix_fees_taken_rule_id'), 'fees_taken', ['rule_id'])


def downgrade() -> None:
    op.drop_table('fees_taken')
    op.drop_table('fee_rules')
