"""Keep what is still to be told as events

Revision: 0017
Follows: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0017'
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('chronicle_queue',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('fact', sa.Enum('entry', 'slip', 'lot', 'shipped', 'delivered', name='fact', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('details', postgresql.JSONB(), server_default='{}', nullable=False),
    sa.Column('noted_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('fault', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chronicle_queue'))
    )


def downgrade() -> None:
    op.drop_table('chronicle_queue')
