"""Make recordings, the voices of the diary, audio packs, the practice farm and lessons

Revision: 0013
Follows: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0013'
down_revision = "0012"
branch_labels = None
depends_on = None

PRACTICE_FENCE = {
    "listings": "NEW.state <> 'draft'",
    "tours": "NEW.is_published",
    "catalog_entries": "true",
    "consignments": "true",
}


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
    op.add_column('producers', sa.Column('is_practice', sa.Boolean(), server_default='false', nullable=False))
    op.create_table('practice_farms',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_practice_farms_person_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_practice_farms_producer_id')),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_practice_farms')),
    sa.UniqueConstraint('producer_id', name=op.f('uq_practice_farms_producer_id'))
    )
    op.execute("CREATE SEQUENCE practice_numbers MAXVALUE 99999999")
    op.create_table('lesson_progress',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('lesson', sa.Text(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('done_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_lesson_progress_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'lesson', 'step', name=op.f('pk_lesson_progress'))
    )
    op.create_table('voice_clips',
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('prompt_id', sa.Text(), nullable=False),
    sa.Column('recording_id', sa.Uuid(), nullable=False),
    sa.Column('recorded_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['people.id'], name=op.f('fk_voice_clips_recorded_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['recording_id'], ['recordings.id'], name=op.f('fk_voice_clips_recording_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voice_clips'))
    )
    op.create_index(op.f('ix_voice_clips_language_prompt_id_created_at'), 'voice_clips', ['language', 'prompt_id', 'created_at'], unique=False)
    op.create_table('voice_packs',
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('published_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('published_by_id', sa.Uuid(), nullable=True),
    sa.Column('clips', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['published_by_id'], ['people.id'], name=op.f('fk_voice_packs_published_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('language', 'version', name=op.f('pk_voice_packs'))
    )
    op.execute(
        """
        CREATE FUNCTION keep_practice_inside() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM producers WHERE id = NEW.producer_id AND is_practice) THEN
                RAISE EXCEPTION 'a row of % leaves a practice farm', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    for table, leaves in PRACTICE_FENCE.items():
        op.execute(
            f"CREATE TRIGGER practice_stays_inside BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW "
            f"WHEN ({leaves}) EXECUTE FUNCTION keep_practice_inside()"
        )
    op.execute(
        "CREATE TRIGGER practice_for_good BEFORE UPDATE OF is_practice ON producers FOR EACH ROW "
        "WHEN (OLD.is_practice <> NEW.is_practice) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER practice_for_good ON producers")
    for table in PRACTICE_FENCE:
        op.execute(f"DROP TRIGGER practice_stays_inside ON {table}")
    op.execute("DROP FUNCTION keep_practice_inside")
    op.drop_table('voice_packs')
    op.drop_table('voice_clips')
    op.drop_table('lesson_progress')
    op.execute("DROP SEQUENCE practice_numbers")
    op.drop_table('practice_farms')
    op.drop_column('producers', 'is_practice')
    op.drop_table('diary_transcripts')
    op.drop_table('diary_voices')
    op.drop_table('recordings')
