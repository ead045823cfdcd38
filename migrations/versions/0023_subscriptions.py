"""Keep subscriptions to EPCIS events

Revision: 0023
Follows: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0023'
down_revision = "0022"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table('event_subscriptions',
    sa.Column('query_id', sa.Uuid(), nullable=False),
    sa.Column('dest', sa.Text(), nullable=False),
    sa.Column('sealed_token', sa.LargeBinary(), nullable=True),
    sa.Column('epc_format', sa.Enum('No_Preference', 'Always_GS1_Digital_Link', 'Always_EPC_URN', 'Never_Translates', name='epcformat', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('schedule', postgresql.JSONB(), nullable=True),
    sa.Column('report_if_empty', sa.Boolean(), nullable=False),
    sa.Column('since', INSTANT, nullable=True),
    sa.Column('min_record_time', INSTANT, nullable=False),
    sa.Column('after', sa.BigInteger(), nullable=False),
    sa.Column('batch_size', sa.BigInteger(), nullable=False),
    sa.Column('failures', sa.BigInteger(), nullable=False),
    sa.Column('due_at', INSTANT, nullable=False),
    sa.Column('last_notified_at', INSTANT, nullable=True),
    sa.Column('claim_id', sa.Uuid(), nullable=True),
    sa.Column('claimed_until', INSTANT, nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['query_id'], ['named_queries.id'], name=op.f('fk_event_subscriptions_query_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_subscriptions'))
    )
    op.create_index(op.f('ix_event_subscriptions_query_id'), 'event_subscriptions', ['query_id'])
    op.create_index(op.f('ix_event_subscriptions_due_at'), 'event_subscriptions', ['due_at'])


def downgrade() -> None:
    op.drop_table('event_subscriptions')
