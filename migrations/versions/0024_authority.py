"""Keep inspectors' sessions and every look of theirs

Revision: 0024
Follows: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0024'
down_revision = "0023"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_index(op.f('ix_lots_code'), 'lots', ['code'])
    op.create_table('inspector_sessions',
    sa.Column('key_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', INSTANT, nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['key_id'], ['api_keys.id'], name=op.f('fk_inspector_sessions_key_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inspector_sessions')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_inspector_sessions_token_hash'))
    )
    op.create_index(op.f('ix_inspector_sessions_key_id'), 'inspector_sessions', ['key_id'])
    op.create_table('inspector_looks',
    sa.Column('key_id', sa.Uuid(), nullable=False),
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('way', sa.Enum('page', 'file', 'program', name='way', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['key_id'], ['api_keys.id'], name=op.f('fk_inspector_looks_key_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_inspector_looks_lot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inspector_looks'))
    )
    op.create_index(op.f('ix_inspector_looks_lot_id_created_at'), 'inspector_looks', ['lot_id', 'created_at'])
    op.execute(
        "CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON inspector_looks "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table('inspector_looks')
    op.drop_table('inspector_sessions')
    op.drop_index(op.f('ix_lots_code'), table_name='lots')
