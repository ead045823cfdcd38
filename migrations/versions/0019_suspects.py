"""Let scans say in which province, remember which labels are suspicious, and take reports of them

Revision: 0019
Follows: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0019'
down_revision = '0018'
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
    op.create_table('suspect_reports',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('gtin', sa.Text(), nullable=False),
    sa.Column('lot_code', sa.Text(), nullable=True),
    sa.Column('serial', sa.Text(), nullable=True),
    sa.Column('sign', sa.Enum('pack', 'goods', 'scans', 'place', 'other', name='sign', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('province_code', sa.Text(), nullable=True),
    sa.Column('handled_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('handled_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('(handled_at IS NULL) = (handled_by_id IS NULL)', name=op.f('ck_suspect_reports_handled_by_somebody')),
    sa.ForeignKeyConstraint(['handled_by_id'], ['people.id'], name=op.f('fk_suspect_reports_handled_by_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_suspect_reports_photo_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producers.id'], name=op.f('fk_suspect_reports_producer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suspect_reports'))
    )
    op.create_index(op.f('ix_suspect_reports_created_at'), 'suspect_reports', ['created_at'], unique=False)
    op.create_index(op.f('ix_suspect_reports_producer_id_created_at'), 'suspect_reports', ['producer_id', 'created_at'], unique=False)
    op.create_index(
        op.f('ix_suspect_reports_gtin_created_at'), 'suspect_reports', ['gtin', 'created_at'], unique=False,
        postgresql_where=sa.text('handled_at IS NULL'),
    )
    op.execute(
        """
        CREATE FUNCTION refuse_report_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.handled_at IS NULL AND NEW.handled_at IS NOT NULL
                AND to_jsonb(NEW) - 'handled_at' - 'handled_by_id' = to_jsonb(OLD) - 'handled_at' - 'handled_by_id'
            THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'a report is inserted once and looked into once' USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER insert_and_handle_only BEFORE UPDATE OR DELETE ON suspect_reports "
        "FOR EACH ROW EXECUTE FUNCTION refuse_report_change()"
    )


def downgrade() -> None:
    op.drop_table('suspect_reports')
    op.execute('DROP FUNCTION refuse_report_change')
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
