"""Say who helped when a voice was written down, and mark what came after the mandate

Revision: 0022
Follows: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('diary_transcripts', sa.Column('helper_id', sa.Uuid(), nullable=True))
    op.add_column('diary_transcripts', sa.Column('is_flagged', sa.Boolean(), server_default='false', nullable=False))
    op.create_foreign_key(op.f('fk_diary_transcripts_helper_id'), 'diary_transcripts', 'people', ['helper_id'], ['id'])


def downgrade() -> None:
    op.drop_constraint(op.f('fk_diary_transcripts_helper_id'), 'diary_transcripts', type_='foreignkey')
    op.drop_column('diary_transcripts', 'is_flagged')
    op.drop_column('diary_transcripts', 'helper_id')
