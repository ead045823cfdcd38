"""Make uploads; photos that arrive after a diary entry or a slip

Revision: 0010
Follows: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('uploads',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('told', sa.Text(), nullable=False),
    sa.Column('length', sa.BigInteger(), nullable=False),
    sa.Column('received', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('state', sa.Enum('open', 'done', 'refused', name='uploadstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('reason_params', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('taken_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('latitude_e6', sa.BigInteger(), nullable=True),
    sa.Column('longitude_e6', sa.BigInteger(), nullable=True),
    sa.Column('moved_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'open') = (received < length)", name=op.f('ck_uploads_whole_is_not_open')),
    sa.CheckConstraint('0 <= received AND received <= length', name=op.f('ck_uploads_received_within_length')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_uploads_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads'))
    )
    op.create_index(op.f('ix_uploads_person_id_state'), 'uploads', ['person_id', 'state'], unique=False)
    op.create_table('upload_pieces',
    sa.Column('upload_id', sa.Uuid(), nullable=False),
    sa.Column('start', sa.BigInteger(), nullable=False),
    sa.Column('length', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_upload_pieces_upload_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('upload_id', 'start', name=op.f('pk_upload_pieces'))
    )
    op.create_table('slip_photos',
    sa.Column('slip_id', sa.Uuid(), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=False),
    sa.Column('received_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_slip_photos_photo_id')),
    sa.ForeignKeyConstraint(['slip_id'], ['intake_slips.id'], name=op.f('fk_slip_photos_slip_id')),
    sa.PrimaryKeyConstraint('slip_id', name=op.f('pk_slip_photos'))
    )
    op.execute(
        "CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON slip_photos "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "DELETE FROM diary_photos AS later USING diary_photos AS first "
        "WHERE later.entry_id = first.entry_id AND later.photo_id = first.photo_id AND later.id > first.id"
    )
    op.create_unique_constraint(op.f('uq_diary_photos_entry_id_photo_id'), 'diary_photos', ['entry_id', 'photo_id'])


def downgrade() -> None:
    op.drop_constraint(op.f('uq_diary_photos_entry_id_photo_id'), 'diary_photos', type_='unique')
    op.drop_table('slip_photos')
    op.drop_table('upload_pieces')
    op.drop_index(op.f('ix_uploads_person_id_state'), table_name='uploads')
    op.drop_table('uploads')
