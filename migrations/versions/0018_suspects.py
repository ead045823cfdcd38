"""Let scans say in which province, and remember which labels are suspicious

Revision: 0018
Follows: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0018'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('scans', sa.Column('province_code', sa.Text(), nullable=True))
    op.add_column('scans', sa.Column('is_located', sa.Boolean(), server_default='false', nullable=False))
    op.add_column('scans', sa.Column('is_issued', sa.Boolean(), server_default='true', nullable=False))
    op.drop_index(op.f('ix_scans_gtin_lot_code_serial'), table_name='scans')
    op.create_index(
        op.f('ix_scans_gtin_serial_hour_at'), 'scans', ['gtin', 'serial', 'hour_at'], unique=False,
        postgresql_include=['province_code', 'device_class', 'is_located'],
        postgresql_where=sa.text("serial IS NOT NULL AND device_class <> 'robot'"),
    )
    op.create_index(
        op.f('ix_scans_gtin_hour_at'), 'scans', ['gtin', 'hour_at'], unique=False,
        postgresql_where=sa.text('NOT is_issued'),
    )
    op.create_table('suspects',
    sa.Column('serial_id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('score', sa.BigInteger(), nullable=False),
    sa.Column('reasons', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('seen_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('0 <= score AND score <= 100', name=op.f('ck_suspects_score_in_range')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_suspects_producer_id')),
    sa.ForeignKeyConstraint(['serial_id'], ['serials.id'], name=op.f('fk_suspects_serial_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suspects')),
    sa.UniqueConstraint('serial_id', name=op.f('uq_suspects_serial_id'))
    )
    op.create_index(op.f('ix_suspects_producer_id_seen_at'), 'suspects', ['producer_id', 'seen_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_suspects_producer_id_seen_at'), table_name='suspects')
    op.drop_table('suspects')
    op.drop_index(op.f('ix_scans_gtin_hour_at'), table_name='scans', postgresql_where=sa.text('NOT is_issued'))
    op.drop_index(
        op.f('ix_scans_gtin_serial_hour_at'), table_name='scans',
        postgresql_include=['province_code', 'device_class', 'is_located'],
        postgresql_where=sa.text("serial IS NOT NULL AND device_class <> 'robot'"),
    )
    op.create_index(op.f('ix_scans_gtin_lot_code_serial'), 'scans', ['gtin', 'lot_code', 'serial'], unique=False)
    op.drop_column('scans', 'is_issued')
    op.drop_column('scans', 'is_located')
    op.drop_column('scans', 'province_code')
