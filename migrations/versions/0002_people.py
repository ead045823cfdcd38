"""Make people, places, photos and notices

Revision: 0002
Follows: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('admin_units',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('level', sa.Enum('province', 'city', 'commune', 'ward', 'special_zone', name='unitlevel', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_folded', sa.Text(), nullable=False),
    sa.Column('province_code', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['province_code'], ['admin_units.code'], name=op.f('fk_admin_units_province_code')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_admin_units'))
    )
    op.create_index(op.f('ix_admin_units_name_folded'), 'admin_units', ['name_folded'], unique=False)
    op.create_index(op.f('ix_admin_units_province_code'), 'admin_units', ['province_code'], unique=False)
    op.create_table('attempts',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts'))
    )
    op.create_index(op.f('ix_attempts_kind_key_created_at'), 'attempts', ['kind', 'key', 'created_at'], unique=False)
    op.create_table('otp_challenges',
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('tries', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('consumed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_otp_challenges'))
    )
    op.create_index(op.f('ix_otp_challenges_phone'), 'otp_challenges', ['phone'], unique=False)
    op.create_table('people',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), server_default='vi', nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_people')),
    sa.UniqueConstraint('phone', name=op.f('uq_people_phone'))
    )
    op.create_table('addresses',
    sa.Column('recipient_name', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('commune_code', sa.Text(), nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['commune_code'], ['admin_units.code'], name=op.f('fk_addresses_commune_code')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_addresses_person_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_addresses'))
    )
    op.create_index(op.f('ix_addresses_person_id'), 'addresses', ['person_id'], unique=False)
    op.create_table('admin_unit_aliases',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('unit_code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_folded', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['unit_code'], ['admin_units.code'], name=op.f('fk_admin_unit_aliases_unit_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_admin_unit_aliases'))
    )
    op.create_index(op.f('ix_admin_unit_aliases_name_folded'), 'admin_unit_aliases', ['name_folded'], unique=False)
    op.create_index(op.f('ix_admin_unit_aliases_unit_code'), 'admin_unit_aliases', ['unit_code'], unique=False)
    op.create_table('login_sessions',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('seen_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('revoked_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_login_sessions_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_sessions')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_login_sessions_token_hash'))
    )
    op.create_index(op.f('ix_login_sessions_person_id'), 'login_sessions', ['person_id'], unique=False)
    op.create_table('notices',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('msgid', sa.Text(), nullable=False),
    sa.Column('params', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('href', sa.Text(), nullable=False),
    sa.Column('read_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_notices_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    op.create_index(op.f('ix_notices_person_id_created_at'), 'notices', ['person_id', 'created_at'], unique=False)
    op.create_table('photos',
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('width', sa.BigInteger(), nullable=False),
    sa.Column('height', sa.BigInteger(), nullable=False),
    sa.Column('byte_count', sa.BigInteger(), nullable=False),
    sa.Column('thumbnail', sa.LargeBinary(), nullable=False),
    sa.Column('taken_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('latitude_e6', sa.BigInteger(), nullable=True),
    sa.Column('longitude_e6', sa.BigInteger(), nullable=True),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['people.id'], name=op.f('fk_photos_owner_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_photos'))
    )
    op.create_index(op.f('ix_photos_owner_id_sha256'), 'photos', ['owner_id', 'sha256'], unique=False)
    op.create_table('staff_members',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('admin', 'accountant', name='staffrole', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_staff_members_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_members')),
    sa.UniqueConstraint('person_id', name=op.f('uq_staff_members_person_id'))
    )


def downgrade() -> None:
    op.drop_table('staff_members')
    op.drop_index(op.f('ix_photos_owner_id_sha256'), table_name='photos')
    op.drop_table('photos')
    op.drop_index(op.f('ix_notices_person_id_created_at'), table_name='notices')
    op.drop_table('notices')
    op.drop_index(op.f('ix_login_sessions_person_id'), table_name='login_sessions')
    op.drop_table('login_sessions')
    op.drop_index(op.f('ix_admin_unit_aliases_unit_code'), table_name='admin_unit_aliases')
    op.drop_index(op.f('ix_admin_unit_aliases_name_folded'), table_name='admin_unit_aliases')
    op.drop_table('admin_unit_aliases')
    op.drop_index(op.f('ix_addresses_person_id'), table_name='addresses')
    op.drop_table('addresses')
    op.drop_table('people')
    op.drop_index(op.f('ix_otp_challenges_phone'), table_name='otp_challenges')
    op.drop_table('otp_challenges')
    op.drop_index(op.f('ix_attempts_kind_key_created_at'), table_name='attempts')
    op.drop_table('attempts')
    op.drop_index(op.f('ix_admin_units_province_code'), table_name='admin_units')
    op.drop_index(op.f('ix_admin_units_name_folded'), table_name='admin_units')
    op.drop_table('admin_units')
