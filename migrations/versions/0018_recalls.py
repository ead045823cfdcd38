"""Keep recalls, their signed reports, and the lots that they stopped

Revision: 0018
Follows: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0018'
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('recalls',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('opened_by_id', sa.Uuid(), nullable=False),
    sa.Column('is_mock', sa.Boolean(), nullable=False),
    sa.Column('start_kind', sa.Enum('lot', 'site', 'farm', 'input', 'day', name='startkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('start', postgresql.JSONB(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('report', postgresql.JSONB(), nullable=False),
    sa.Column('signature', sa.Text(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['opened_by_id'], ['people.id'], name=op.f('fk_recalls_opened_by_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_recalls_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recalls'))
    )
    op.create_index(op.f('ix_recalls_producer_id'), 'recalls', ['producer_id'])
    op.create_table('recall_lots',
    sa.Column('recall_id', sa.Uuid(), nullable=False),
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_recall_lots_lot_id')),
    sa.ForeignKeyConstraint(['recall_id'], ['recalls.id'], name=op.f('fk_recall_lots_recall_id')),
    sa.PrimaryKeyConstraint('recall_id', 'lot_id', name=op.f('pk_recall_lots'))
    )
    op.create_index(op.f('ix_recall_lots_lot_id'), 'recall_lots', ['lot_id'])
    for table in ('recalls', 'recall_lots'):
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_table('recall_lots')
    op.drop_table('recalls')
