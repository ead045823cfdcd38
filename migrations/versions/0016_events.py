"""Keep EPCIS events, and the keys of the programs that bring and read them

Revision: 0016
Follows: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0016'
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
INSERT_ONLY = ('events', 'capture_jobs', 'event_contexts')


def upgrade() -> None:
    op.create_table('api_keys',
    sa.Column('kind', sa.Enum('octo', 'epcis', 'inspector', name='keykind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('secret_hash', sa.LargeBinary(), nullable=False),
    sa.Column('party', sa.Text(), nullable=True),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('ended_at', INSTANT, nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_api_keys_secret_hash'))
    )
    op.create_table('event_contexts',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('namespaces', postgresql.JSONB(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_contexts'))
    )
    op.create_table('events',
    sa.Column('sequence', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('event_id', sa.Text(), nullable=False),
    sa.Column('is_error', sa.Boolean(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('event_time', INSTANT, nullable=False),
    sa.Column('recorded_at', INSTANT, nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('context_id', sa.BigInteger(), nullable=False),
    sa.Column('terms', postgresql.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('sequence', name=op.f('pk_events')),
    sa.UniqueConstraint('event_id', 'is_error', name=op.f('uq_events_event_id_is_error'))
    )
    op.create_index('ix_events_terms', 'events', ['terms'], postgresql_using='gin', postgresql_with={'fastupdate': 'off'})
    op.create_index(op.f('ix_events_event_time_sequence'), 'events', ['event_time', 'sequence'])
    op.create_index('ix_events_recorded_at', 'events', ['recorded_at'], postgresql_using='brin')
    op.create_index(op.f('ix_events_owner_id_sequence'), 'events', ['owner_id', 'sequence'])
    op.create_table('capture_jobs',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.Column('finished_at', INSTANT, nullable=False),
    sa.Column('behaviour', sa.Text(), nullable=False),
    sa.Column('is_success', sa.Boolean(), nullable=False),
    sa.Column('captured', sa.BigInteger(), nullable=False),
    sa.Column('errors', postgresql.JSONB(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_capture_jobs'))
    )
    op.create_index(op.f('ix_capture_jobs_owner_id_id'), 'capture_jobs', ['owner_id', 'id'])
    op.create_table('event_elements',
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('uri', sa.Text(), nullable=False),
    sa.Column('children', postgresql.JSONB(), nullable=False),
    sa.Column('attributes', postgresql.JSONB(), nullable=False),
    sa.PrimaryKeyConstraint('owner_id', 'uri', name=op.f('pk_event_elements'))
    )
    op.create_table('named_queries',
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('query', postgresql.JSONB(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_named_queries')),
    sa.UniqueConstraint('owner_id', 'name', name=op.f('uq_named_queries_owner_id_name'))
    )
    for table in INSERT_ONLY:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in ('named_queries', 'event_elements', 'capture_jobs', 'events', 'event_contexts', 'api_keys'):
        op.drop_table(table)
