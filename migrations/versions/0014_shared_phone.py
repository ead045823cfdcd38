"""Let people share a phone: a login that a PIN opens, and the way back to a forgotten one

Revision: 0014
Follows: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0014'
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('login_sessions', sa.Column('phone_id', sa.Uuid(), nullable=True))
    op.add_column('login_sessions', sa.Column('credential_hash', sa.LargeBinary(), nullable=True))
    op.create_unique_constraint(op.f('uq_login_sessions_credential_hash'), 'login_sessions', ['credential_hash'])
    op.create_table('phone_keys',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('phone_id', sa.Uuid(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_phone_keys_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_keys'))
    )
    op.create_index(op.f('ix_phone_keys_person_id_created_at'), 'phone_keys', ['person_id', 'created_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_phone_keys_person_id_created_at'), table_name='phone_keys')
    op.drop_table('phone_keys')
    op.drop_constraint(op.f('uq_login_sessions_credential_hash'), 'login_sessions', type_='unique')
    op.drop_column('login_sessions', 'credential_hash')
    op.drop_column('login_sessions', 'phone_id')
