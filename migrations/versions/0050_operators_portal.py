"""People of tour operators, how much they may owe and by which code they pay; seats that are held for them

Revision: 0050
Follows: 0049
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column('operators', sa.Column('credit_limit_minor', sa.BigInteger(), nullable=True))
    op.add_column('operators', sa.Column('payment_code', sa.Text(), nullable=True))
    op.create_unique_constraint(op.f('uq_operators_payment_code'), 'operators', ['payment_code'])
    op.create_table('operator_members',
    sa.Column('operator_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('ended_at', INSTANT, nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.id'], name=op.f('fk_operator_members_operator_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_operator_members_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operator_members')),
    sa.UniqueConstraint('operator_id', 'person_id', name=op.f('uq_operator_members_operator_id_person_id'))
    )
    op.create_index('uq_operator_members_at_work', 'operator_members', ['person_id'], unique=True, postgresql_where='ended_at IS NULL')
    op.create_table('allotment_rules',
    sa.Column('tour_id', sa.Uuid(), nullable=False),
    sa.Column('operator_id', sa.Uuid(), nullable=False),
    sa.Column('weekdays', postgresql.JSONB(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('heads', sa.BigInteger(), nullable=False),
    sa.Column('release_days', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', INSTANT, nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('heads > 0', name=op.f('ck_allotment_rules_heads_positive')),
    sa.CheckConstraint('release_days >= 0', name=op.f('ck_allotment_rules_release_not_after')),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.id'], name=op.f('fk_allotment_rules_operator_id')),
    sa.ForeignKeyConstraint(['tour_id'], ['tours.id'], name=op.f('fk_allotment_rules_tour_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allotment_rules'))
    )
    op.create_index(op.f('ix_allotment_rules_tour_id'), 'allotment_rules', ['tour_id'])
    op.create_table('allotments',
    sa.Column('departure_id', sa.Uuid(), nullable=False),
    sa.Column('operator_id', sa.Uuid(), nullable=False),
    sa.Column('rule_id', sa.Uuid(), nullable=True),
    sa.Column('heads', sa.BigInteger(), nullable=False),
    sa.Column('release_days', sa.BigInteger(), nullable=False),
    sa.Column('noted_at', INSTANT, nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.CheckConstraint('heads >= 0', name=op.f('ck_allotments_heads_not_negative')),
    sa.CheckConstraint('release_days >= 0', name=op.f('ck_allotments_release_not_after')),
    sa.ForeignKeyConstraint(['departure_id'], ['departures.id'], name=op.f('fk_allotments_departure_id')),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.id'], name=op.f('fk_allotments_operator_id')),
    sa.ForeignKeyConstraint(['rule_id'], ['allotment_rules.id'], name=op.f('fk_allotments_rule_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allotments')),
    sa.UniqueConstraint('departure_id', 'operator_id', name=op.f('uq_allotments_departure_id_operator_id'))
    )
    op.create_index(op.f('ix_allotments_rule_id'), 'allotments', ['rule_id'])
    op.add_column('departures', sa.Column('has_allotments', sa.Boolean(), server_default='false', nullable=False))


def downgrade() -> None:
    # A promise that stands would be sold to others, and a transfer on its way would be nobody's.
    for table, lost in (
        ("allotments WHERE heads > 0", "seats held for operators"),
        ("allotment_rules WHERE ended_at IS NULL", "seats promised to operators"),
        ("operator_members WHERE ended_at IS NULL", "people of operators"),
    ):
        if op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {table}")):
            raise RuntimeError(f"{lost} would be lost; restore a backup instead")
    op.drop_column('departures', 'has_allotments')
    op.drop_table('allotments')
    op.drop_table('allotment_rules')
    op.drop_table('operator_members')
    op.drop_constraint(op.f('uq_operators_payment_code'), 'operators', type_='unique')
    op.drop_column('operators', 'payment_code')
    op.drop_column('operators', 'credit_limit_minor')
