"""Make the inbox and the job queue

Revision: 0001
Follows: 
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


QUEUE = Path(__file__).parents[1] / "sql" / "procrastinate_3_10_0.sql"  # frozen; a test compares it with the library's


def upgrade() -> None:
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path TO jobs, public")
    op.get_bind().exec_driver_sql(QUEUE.read_text(encoding="utf-8").replace("%", "%%"))
    op.execute("SET LOCAL search_path TO public")
    op.create_table('inbox_messages',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('received_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('handled_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox_messages')),
    sa.UniqueConstraint('source', 'external_id', name=op.f('uq_inbox_messages_source_external_id'))
    )


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
    op.drop_table('inbox_messages')
