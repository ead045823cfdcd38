"""Say of inputs on credit how much was handed over

Revision: 0040
Follows: 0039
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
revision = '0040'
down_revision = "0039"
branch_labels = None
depends_on = None

CHECKS = {
    'quantity_positive': "quantity_milli > 0",
    'quantity_whole': "num_nulls(quantity_milli, unit) IN (0, 2)",
    'quantity_of_inputs': "kind = 'input' OR quantity_milli IS NULL",
}


def upgrade() -> None:
    op.add_column('advances', sa.Column('quantity_milli', sa.BigInteger(), nullable=True))
    op.add_column('advances', sa.Column('unit', sa.Text(), nullable=True))
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f'ck_advances_{name}'), 'advances', rule)


def downgrade() -> None:
    # What the older table has no place for is kept in its words: "2 bao phân NPK".
    op.execute(
        "UPDATE advances SET what_for = replace(trim_scale(quantity_milli / 1000.0)::text, '.', ',') || ' ' || unit || ' ' || what_for "
        "WHERE quantity_milli IS NOT NULL"
    )
    for name in CHECKS:
        op.drop_constraint(op.f(f'ck_advances_{name}'), 'advances', type_='check')
    op.drop_column('advances', 'unit')
    op.drop_column('advances', 'quantity_milli')
