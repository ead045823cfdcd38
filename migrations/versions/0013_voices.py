"""Make recordings, the voices of the diary, audio packs, the practice farm and lessons

Revision: 0013
Follows: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0013'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('recordings',
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False),
    sa.Column('byte_count', sa.BigInteger(), nullable=False),
    sa.Column('duration_ms', sa.BigInteger(), nullable=True),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['people.id'], name=op.f('fk_recordings_owner_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recordings'))
    )
    op.create_index(op.f('ix_recordings_owner_id_sha256'), 'recordings', ['owner_id', 'sha256'], unique=False)
    op.create_table('diary_voices',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('recording_id', sa.Uuid(), nullable=False),
    sa.Column('received_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['diary_entries.id'], name=op.f('fk_diary_voices_entry_id')),
    sa.ForeignKeyConstraint(['recording_id'], ['recordings.id'], name=op.f('fk_diary_voices_recording_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_diary_voices')),
    sa.UniqueConstraint('entry_id', 'recording_id', name=op.f('uq_diary_voices_entry_id_recording_id'))
    )
    op.create_table('diary_transcripts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('recording_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('written_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['diary_entries.id'], name=op.f('fk_diary_transcripts_entry_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_diary_transcripts_person_id')),
    sa.ForeignKeyConstraint(['recording_id'], ['recordings.id'], name=op.f('fk_diary_transcripts_recording_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_diary_transcripts'))
    )
    op.create_index(op.f('ix_diary_transcripts_recording_id_written_at'), 'diary_transcripts', ['recording_id', 'written_at'], unique=False)
    for table in ("diary_voices", "diary_transcripts"):
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_table('diary_transcripts')
    op.drop_table('diary_voices')
    op.drop_table('recordings')
