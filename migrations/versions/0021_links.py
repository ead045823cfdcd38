"""Let producers hang links on their own codes

Revision: 0021
Follows: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0021'
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('producer_links',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('anchor', sa.Text(), nullable=False),
    sa.Column('link_type', sa.Text(), nullable=False),
    sa.Column('href', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('hreflang', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=True),
    sa.Column('context', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('fwqs', sa.Boolean(), nullable=False),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=False),
    sa.Column('updated_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ended_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("href LIKE 'https://%'", name=op.f('ck_producer_links_href_is_https')),
    sa.ForeignKeyConstraint(['created_by_id'], ['people.id'], name=op.f('fk_producer_links_created_by_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_producer_links_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_producer_links'))
    )
    op.create_index(op.f('ix_producer_links_producer_id'), 'producer_links', ['producer_id'], unique=False)
    op.create_index('uq_producer_links_standing', 'producer_links', ['anchor', 'link_type', 'href'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))


def downgrade() -> None:
    op.drop_index('uq_producer_links_standing', table_name='producer_links', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index(op.f('ix_producer_links_producer_id'), table_name='producer_links')
    op.drop_table('producer_links')
